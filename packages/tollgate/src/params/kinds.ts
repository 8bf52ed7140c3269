import { form, json, type KindRow } from './kind-row.ts'
import { type FormLists, formLists as lists } from './lists/index.ts'
import { jsonLists } from './lists/json.ts'

/** The kinds whose parameters are names and values: a form, or the query of a GET. */
export type FormKind = keyof FormLists

/** The kinds whose body is JSON. */
export type JsonKind = keyof typeof jsonLists

/** The kinds of webhook Twilio sends. */
export type WebhookKind = FormKind | JsonKind | 'conversation-relay.handshake' | 'media-stream.handshake'

const RINGING = /^ringing$/
const RECEIVED = /^receiv(ed|ing)$/
const handshake: KindRow = { method: 'GET', body: 'handshake', mayRepeat: true, parameters: [] }

/**
 * One row for each kind: its parameters, whether it may legitimately arrive twice byte for byte, and how a delivery is
 * recognised. Rows are tried from the top, so what is more particular stands first. docs/parameters.md has the sources.
 */
export const kinds: Readonly<Record<WebhookKind, KindRow>> = Object.freeze({
  'whatsapp.inbound': form(lists['whatsapp.inbound'], 'never repeats', {
    has: ['MessageSid', 'WaId'],
    matches: { SmsStatus: RECEIVED },
  }),
  'rcs.inbound': form(lists['rcs.inbound'], 'never repeats', {
    has: ['MessageSid'],
    lacks: ['MessageStatus'],
    matches: { SmsStatus: RECEIVED, From: /^rcs:/ },
  }),
  'message.inbound': form(lists['message.inbound'], 'never repeats', {
    has: ['MessageSid'],
    lacks: ['MessageStatus'],
    matches: { SmsStatus: RECEIVED },
  }),
  'message.status': form(lists['message.status'], 'never repeats', { has: ['MessageSid', 'MessageStatus'] }),
  'dial.action': form(lists['dial.action'], 'may repeat', { has: ['CallSid', 'DialCallStatus'] }),
  'queue.wait': form(lists['queue.wait'], 'may repeat', { has: ['CallSid', 'QueueSid', 'QueuePosition'] }),
  'queue.connect': form(lists['queue.connect'], 'may repeat', { has: ['CallSid', 'QueueSid', 'DequeingCallSid'] }),
  'queue.action': form(lists['queue.action'], 'may repeat', { has: ['CallSid', 'QueueResult'] }),
  'sip.refer': form(lists['sip.refer'], 'may repeat', { has: ['CallSid', 'ReferTransferTarget'] }),
  'pay.action': form(lists['pay.action'], 'may repeat', { has: ['CallSid', 'CallStatus', 'Result'] }),
  'gather.speech': form(lists['gather.speech'], 'may repeat', { has: ['CallSid', 'SpeechResult'] }),
  // Has a sequence number as the status of a call does, and stands before it.
  'gather.partial': form(lists['gather.partial'], 'may repeat', { has: ['CallSid', 'UnstableSpeechResult'] }),
  // <Record> reports its finishing key as Digits too, beside the recording.
  'gather.dtmf': form(lists['gather.dtmf'], 'may repeat', { has: ['CallSid', 'Digits'], lacks: ['RecordingUrl'] }),
  'conversation-relay.action': form(lists['conversation-relay.action'], 'may repeat', {
    has: ['CallSid', 'SessionId', 'SessionStatus'],
  }),
  // The sequence number is what makes one event differ from the next; without it nothing tells a repeat from an event.
  'call.status': form(lists['call.status'], 'never repeats', { has: ['CallSid', 'CallStatus', 'SequenceNumber'] }),
  // The last status of a call may tell of its recording too, but has the call's duration.
  'record.action': form(lists['record.action'], 'may repeat', {
    has: ['CallSid', 'CallStatus', 'RecordingUrl', 'RecordingDuration'],
    lacks: ['CallDuration', 'TranscriptionSid', 'RecordingStatus'],
  }),
  amd: form(lists.amd, 'may repeat', {
    has: ['CallSid', 'AnsweredBy', 'MachineDetectionDuration'],
    lacks: ['CallStatus'],
  }),
  'video.recording': form(lists['video.recording'], 'may repeat', {
    has: ['RecordingSid', 'RoomSid'],
    matches: { StatusCallbackEvent: /^recording-/ },
  }),
  'recording.status': form(lists['recording.status'], 'never repeats', {
    has: ['RecordingSid', 'RecordingStatus'],
    lacks: ['CallStatus'],
  }),
  transcription: form(lists.transcription, 'may repeat', { has: ['TranscriptionSid', 'TranscriptionStatus'] }),
  'transcription.realtime': form(lists['transcription.realtime'], 'may repeat', {
    has: ['TranscriptionSid', 'TranscriptionEvent'],
  }),
  'media-stream.status': form(lists['media-stream.status'], 'may repeat', { has: ['StreamSid', 'StreamEvent'] }),
  'conference.participant': form(lists['conference.participant'], 'may repeat', {
    has: ['ConferenceSid', 'CallSid'],
    matches: { StatusCallbackEvent: /^participant-/ },
  }),
  'conference.announcement': form(lists['conference.announcement'], 'may repeat', {
    has: ['ConferenceSid'],
    matches: { StatusCallbackEvent: /^announcement-/ },
  }),
  'conference.status': form(lists['conference.status'], 'may repeat', {
    has: ['ConferenceSid'],
    matches: { StatusCallbackEvent: /^conference-/ },
  }),
  'sip.inbound': form(lists['sip.inbound'], 'may repeat', {
    has: ['CallSid', 'SipDomain'],
    matches: { CallStatus: RINGING },
  }),
  'call.inbound': form(lists['call.inbound'], 'may repeat', {
    has: ['CallSid'],
    lacks: ['SipDomain'],
    matches: { CallStatus: RINGING, Direction: /^inbound$/ },
  }),
  'conversations.message': form(lists['conversations.message'], 'may repeat', {
    has: ['EventType'],
    matches: { EventType: /^onMessage/ },
  }),
  'conversations.conversation': form(lists['conversations.conversation'], 'may repeat', {
    has: ['EventType'],
    matches: { EventType: /^onConversation/ },
  }),
  'conversations.participant': form(lists['conversations.participant'], 'may repeat', {
    has: ['EventType'],
    matches: { EventType: /^onParticipant/ },
  }),
  'conversations.user': form(lists['conversations.user'], 'may repeat', {
    has: ['EventType'],
    matches: { EventType: /^onUser/ },
  }),
  'conversations.delivery': form(lists['conversations.delivery'], 'may repeat', {
    has: ['EventType'],
    matches: { EventType: /^onDeliveryUpdated$/ },
  }),
  'taskrouter.event': form(lists['taskrouter.event'], 'may repeat', {
    has: ['WorkspaceSid', 'EventType', 'ResourceType'],
  }),
  'taskrouter.assignment': form(lists['taskrouter.assignment'], 'may repeat', {
    has: ['WorkspaceSid', 'ReservationSid'],
    lacks: ['EventType'],
  }),
  'video.composition': form(lists['video.composition'], 'may repeat', {
    has: ['StatusCallbackEvent'],
    matches: { StatusCallbackEvent: /^composition-/ },
  }),
  'video.room': form(lists['video.room'], 'may repeat', { has: ['RoomSid', 'RoomStatus', 'StatusCallbackEvent'] }),
  'debugger.event': form(lists['debugger.event'], 'may repeat', { has: ['Sid', 'Level', 'Payload', 'PayloadType'] }),
  'proxy.interaction': form(lists['proxy.interaction'], 'may repeat', {
    has: ['interactionSid', 'interactionAccountSid'],
  }),
  'verify.challenge': form(lists['verify.challenge'], 'may repeat', { has: ['challenge_sid', 'factor_sid', 'type'] }),
  'verify.factor': form(lists['verify.factor'], 'may repeat', {
    has: ['factor_sid', 'type'],
    lacks: ['challenge_sid'],
    matches: { type: /^factor\./ },
  }),
  // Reported as a GET that carries bodySHA256 twice and no body; what that hash covers is unknown.
  'regulatory.bundle': {
    ...form(lists['regulatory.bundle'], 'may repeat', { has: ['BundleSid', 'Status'] }),
    method: 'GET',
    body: 'query',
  },
  'usage.trigger': form(lists['usage.trigger'], 'may repeat', { has: ['UsageTriggerSid', 'AccountSid'] }),
  'events.test': json(jsonLists['events.test'], 'never repeats', {
    has: ['specversion'],
    matches: { type: /^com\.twilio\.eventstreams\.test-event$/ },
  }),
  'events.batch': json(jsonLists['events.batch'], 'never repeats', {
    has: ['specversion'],
    matches: { type: /^com\.twilio\./ },
  }),
  'intelligence.transcript': json(jsonLists['intelligence.transcript'], 'never repeats', {
    has: ['transcript_sid'],
    matches: { event_type: /^voice_intelligence_/ },
  }),
  orchestrator: json(jsonLists.orchestrator, 'never repeats', { has: ['eventType', 'timestamp', 'data'] }),
  // The customer composes this body, and a flow that loops sends it again.
  'studio.json': json(jsonLists['studio.json'], 'may repeat'),
  // A handshake tells only that it is one: both products upgrade alike, and any query is the customer's.
  'media-stream.handshake': handshake,
  'conversation-relay.handshake': handshake,
})
