import { hasShape, type Shape } from './shape.ts'

/**
 * An event of Event Streams, in the CloudEvents format.
 * https://www.twilio.com/docs/events/event-delivery-and-duplication and https://www.twilio.com/docs/events/event-types
 */
export interface TwilioEvent {
  readonly specversion: string
  /** Such as `com.twilio.messaging.message.delivered`. */
  readonly type: string
  readonly source: string
  /** The same for every delivery of the event: Event Streams delivers at least once. */
  readonly id: string
  /** The URL of the JSON schema that `data` follows. */
  readonly dataschema?: string | null
  readonly datacontenttype?: string | null
  /** ISO 8601, UTC. */
  readonly time: string
  /** By the event's type and schema version. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Conversational Intelligence: a transcript is there to be fetched. */
export interface TranscriptNotice {
  readonly account_sid: string
  readonly service_sid: string
  readonly transcript_sid: string
  readonly customer_key?: string | null
  /** Such as `voice_intelligence_transcript_available`. */
  readonly event_type: string
}

/** Conversation Orchestrator. What `data` holds is not documented. */
export interface OrchestratorEvent {
  /** Such as `COMMUNICATION_CREATED`. */
  readonly eventType: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

const event: Shape = {
  specversion: 'string',
  type: 'string',
  source: 'string',
  id: 'string',
  'dataschema?': 'string',
  'datacontenttype?': 'string',
  time: 'string',
  data: 'object',
}

const notice: Shape = {
  account_sid: 'string',
  service_sid: 'string',
  transcript_sid: 'string',
  'customer_key?': 'string',
  event_type: 'string',
}

/** Whether `webhook.json()` is what an Event Streams webhook sink delivers: a list of events, the sink's test included. */
export function isEventBatch(json: unknown): json is readonly TwilioEvent[] {
  return Array.isArray(json) && json.length > 0 && json.every((one) => hasShape(one, event))
}

/** Whether `webhook.json()` is Conversational Intelligence's notice of a transcript. */
export function isTranscriptNotice(json: unknown): json is TranscriptNotice {
  return hasShape(json, notice)
}

/** Whether `webhook.json()` is an event of Conversation Orchestrator. */
export function isOrchestratorEvent(json: unknown): json is OrchestratorEvent {
  return hasShape(json, { eventType: 'string', timestamp: 'string', data: 'object' })
}
