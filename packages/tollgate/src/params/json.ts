import type { ParamsReader } from '../schemes/twilio/webhooks/row.ts'
import { hasShape, parseJson, type Shape } from './shape.ts'

/**
 * An event of Event Streams, in the CloudEvents format.
 *
 * @see https://www.twilio.com/docs/events/event-delivery-and-duplication
 * @see https://www.twilio.com/docs/events/event-types
 */
export interface TwilioEvent {
  readonly specversion: string
  /** For example `com.twilio.messaging.message.delivered`. */
  readonly type: string
  readonly source: string
  /** The same for every delivery of the event: Event Streams delivers at least once. */
  readonly id: string
  /** The URL of the JSON schema of `data`. */
  readonly dataschema?: string | null
  readonly datacontenttype?: string | null
  /** In ISO 8601, UTC. */
  readonly time: string
  /** Depends on the type of the event and the version of its schema. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Conversational Intelligence has a transcript that you can fetch. */
export interface TranscriptNotice {
  readonly account_sid: string
  readonly service_sid: string
  readonly transcript_sid: string
  readonly customer_key?: string | null
  /** For example `voice_intelligence_transcript_available`. */
  readonly event_type: string
}

/**
 * An event of Conversation Orchestrator.
 *
 * @see https://www.twilio.com/docs/conversations/orchestrator/webhooks
 */
export interface OrchestratorEvent {
  /** For example `COMMUNICATION_CREATED`. */
  readonly eventType: string
  readonly timestamp: string
  /** Depends on `eventType`. */
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * The JSON in the Payload of a debugger webhook.
 *
 * @see https://www.twilio.com/docs/usage/troubleshooting/debugging-event-webhooks
 */
export interface DebuggerPayload {
  /** The call, message or other resource that has the error. */
  readonly resource_sid?: string | null
  readonly service_sid?: string | null
  /** A code from https://www.twilio.com/docs/api/errors. */
  readonly error_code: string
  /** Depends on the error. */
  readonly more_info?: Readonly<Record<string, unknown>> | null
  /**
   * The request that Twilio made and the response, if the error is about a request. It may contain
   * personal data.
   */
  readonly webhook?: DebuggerWebhook | null
}

interface DebuggerWebhook {
  readonly type?: string | null
  readonly request?: Readonly<Record<string, unknown>> | null
  readonly response?: Readonly<Record<string, unknown>> | null
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

const transcriptNotice: Shape = {
  account_sid: 'string',
  service_sid: 'string',
  transcript_sid: 'string',
  'customer_key?': 'string',
  event_type: 'string',
}

const orchestratorEvent: Shape = { eventType: 'string', timestamp: 'string', data: 'object' }

const payload: Shape = {
  'resource_sid?': 'string',
  'service_sid?': 'string',
  error_code: 'string',
  'more_info?': 'object',
  'webhook?': { 'type?': 'string', 'request?': 'object', 'response?': 'object' },
}

/**
 * Returns true for a list of events, which an Event Streams webhook sink receives. The test event
 * of a sink is such a list, too. A sink without `batch_events` may receive one event that is not in
 * a list: pass `[webhook.json()].flat()` for both.
 *
 * @param json the result of `webhook.json()`.
 */
export function isEventBatch(json: unknown): json is TwilioEvent[] {
  return Array.isArray(json) && json.length > 0 && json.every((one) => hasShape(one, event))
}

/**
 * Returns true for the body that Conversational Intelligence sends when a transcript is ready.
 *
 * @param json the result of `webhook.json()`.
 */
export function isTranscriptNotice(json: unknown): json is TranscriptNotice {
  return hasShape(json, transcriptNotice)
}

/**
 * Returns true for an event of Conversation Orchestrator.
 *
 * @param json the result of `webhook.json()`.
 */
export function isOrchestratorEvent(json: unknown): json is OrchestratorEvent {
  return hasShape(json, orchestratorEvent)
}

/**
 * Parses the Payload parameter of a debugger webhook.
 *
 * @param params the parameters of a `debugger` webhook.
 * @returns `undefined` if Payload is missing or malformed.
 */
export function debuggerPayload(params: Pick<ParamsReader, 'get'>): DebuggerPayload | undefined {
  const json = parseJson(params.get('Payload') ?? undefined)
  return hasShape(json, payload) ? (json as DebuggerPayload) : undefined
}
