import type { Accepted, Webhook, WebhookParams } from '../../src/index.ts'
import {
  type AlwaysSentName,
  debuggerPayload,
  type FormKind,
  isEventBatch,
  isKind,
  isTranscriptNotice,
  kindOf,
  type Media,
  media,
  type OrchestratorEvent,
  type ParameterName,
  parseRelayMessage,
  parseStreamMessage,
  type TranscriptNotice,
  type TwilioEvent,
  type TypedParams,
  type WebhookKind,
} from '../../src/params/index.ts'
import type { KindRows } from '../../src/schemes/twilio/webhooks/index.ts'
import type { webhookKinds } from '../../src/testing/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export function holds<T extends true>(): T | undefined {
  return undefined
}

// A handler narrows in place. The else branch does not narrow.
declare const webhook: Webhook
if (isKind(webhook.params, 'message.inbound')) {
  const body: string = webhook.params.get('Body')
  const country = webhook.params.get('FromCountry')
  holds<Equal<typeof country, string | undefined>>()
  const added = webhook.params.get('SomethingTwilioAddedYesterday')
  holds<Equal<typeof added, string | undefined>>()
  const url = webhook.params.get('MediaUrl0')
  holds<Equal<typeof url, string | undefined>>()
  console.log(body.trim(), media(webhook.params)[0]?.url, [...webhook.params], webhook.params.getAll('Body'))
} else {
  const body = webhook.params.get('Body')
  holds<Equal<typeof body, string | undefined>>()
  holds<Equal<typeof webhook.params, WebhookParams>>()
}

// A handler for several kinds narrows to one after the other.
export function handle({ params }: Accepted): string {
  if (isKind(params, 'call.status')) return params.get('CallStatus') + params.get('SequenceNumber')
  if (isKind(params, 'message.status')) return params.get('MessageStatus')
  if (isKind(params, 'recording.status')) return params.get('RecordingSid')
  return kindOf(params) ?? 'unknown'
}

// For several kinds, a parameter is a string only if all of them always send it.
declare const several: WebhookParams
if (isKind(several, 'message.inbound', 'whatsapp.inbound', 'rcs.inbound')) {
  const body: string = several.get('Body')
  const sender = several.get('WaId')
  holds<Equal<typeof sender, string | undefined>>()
  console.log(body)
}
holds<Equal<AlwaysSentName<'amd' | 'media-stream.status'>, 'AccountSid' | 'CallSid'>>()

// The names come from the rows of the table, and from the list that rows share.
holds<Equal<ParameterName<'amd'>, 'CallSid' | 'AccountSid' | 'AnsweredBy' | 'MachineDetectionDuration'>>()
holds<Equal<AlwaysSentName<'regulatory.bundle'>, 'AccountSid' | 'BundleSid' | 'Status'>>()
holds<
  Equal<
    Extract<ParameterName<'gather.dtmf'>, 'CallSid' | 'Digits' | 'FromZip' | 'Body'>,
    'CallSid' | 'Digits' | 'FromZip'
  >
>()
holds<'MediaUrl9' extends ParameterName<'message.inbound'> ? true : false>()
holds<'SipHeader_X-Customer' extends ParameterName<'sip.inbound'> ? true : false>()
holds<Equal<(typeof webhookKinds)[number], WebhookKind>>()
// No name contains a mark of the table.
holds<
  Equal<
    Extract<ParameterName<FormKind>, `${string}?` | `...${string}` | `${string}{N}${string}` | `${string} ${string}`>,
    never
  >
>()

// The interfaces of JSON webhooks have the fields of the table, and the same fields are optional.
type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}` ? Word | Words<Rest> : Text
type Row<K extends 'events.batch' | 'events.test' | 'intelligence.transcript' | 'orchestrator'> = Words<
  KindRows[K]['parameters'][number]
>
type Fields<T> = { [K in keyof T & string]-?: undefined extends T[K] ? `${K}?` : K }[keyof T & string]
holds<Equal<Fields<TwilioEvent>, Row<'events.batch'>>>()
holds<Equal<Fields<TwilioEvent>, Row<'events.test'>>>()
holds<Equal<Fields<TranscriptNotice>, Row<'intelligence.transcript'>>>()
holds<Equal<Fields<OrchestratorEvent>, Row<'orchestrator'>>>()

const json = webhook.json()
if (isEventBatch(json)) for (const event of json) console.log(event.type.length, event.data.messageSid)
if (isTranscriptNotice(json)) console.log(json.transcript_sid.length, json.customer_key ?? '')
console.log(debuggerPayload(webhook.params)?.error_code.length)
holds<Equal<ReturnType<typeof media>, Media[]>>()

const message = parseStreamMessage('')
if (message?.event === 'start') console.log(message.start.customParameters?.FirstName, message.start.callSid.length)
if (message?.event === 'media') console.log(message.media.payload.length)
const relayed = parseRelayMessage('')
if (relayed?.type === 'configUpdated') console.log(relayed.type satisfies 'configUpdated')
if (relayed?.type === 'setup') console.log(relayed.callSid.length, relayed.customParameters?.lang)

export function read(params: TypedParams<'call.inbound'>): string {
  return params.get('From') + (params.get('CallToken') ?? '')
}
export const plain: WebhookParams = null as unknown as TypedParams<'call.inbound'>

// @ts-expect-error sent only sometimes
export const city: string = (null as unknown as TypedParams<'message.inbound'>).get('FromCity')
// @ts-expect-error no such kind
isKind(webhook.params, 'mesage.inbound')
// @ts-expect-error JSON has no form parameters
isKind(webhook.params, 'events.batch')
// @ts-expect-error a kind is needed
isKind(webhook.params)
// @ts-expect-error not known to be of that kind
read(webhook.params)
