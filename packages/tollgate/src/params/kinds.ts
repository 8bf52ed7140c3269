import { form, json, type KindRow } from './kind-row.ts'

/**
 * The kinds of webhook Twilio sends, one row each: how a delivery is recognised, whether it may legitimately arrive
 * twice byte for byte, and its parameters. The names come from Twilio's documentation and reported captures.
 */
export type WebhookKind =
  | 'message.inbound'
  | 'message.status'
  | 'whatsapp.inbound'
  | 'call.inbound'
  | 'call.status'
  | 'sip.inbound'
  | 'gather.dtmf'
  | 'gather.speech'
  | 'dial.action'
  | 'amd'
  | 'recording.status'
  | 'transcription'
  | 'transcription.realtime'
  | 'conference.participant'
  | 'conference.status'
  | 'conversation-relay.action'
  | 'conversation-relay.handshake'
  | 'media-stream.handshake'
  | 'conversations.message'
  | 'conversations.conversation'
  | 'conversations.delivery'
  | 'taskrouter.event'
  | 'taskrouter.assignment'
  | 'video.room'
  | 'video.composition'
  | 'proxy.interaction'
  | 'verify.challenge'
  | 'regulatory.bundle'
  | 'debugger.event'
  | 'studio.json'
  | 'orchestrator'
  | 'intelligence.transcript'
  | 'events.batch'
  | 'events.test'

const CALL =
  'Called ToState? CallerCountry? Direction CallerState? ToZip? CallSid To CallerZip? ToCountry? ApiVersion ' +
  'CalledZip? CalledCity? CallStatus From AccountSid CalledCountry? CallerCity? ToCity? FromCountry? Caller ' +
  'FromCity? CalledState? FromZip? FromState? ForwardedFrom? CallerName? ParentCallSid?'
const MESSAGE =
  'ToCountry? MediaContentType{N}? ToState? SmsMessageSid NumMedia ToCity? FromZip? SmsSid FromState? SmsStatus ' +
  'FromCity? Body FromCountry? To MessagingServiceSid? ToZip? NumSegments MessageSid AccountSid From MediaUrl{N}? ' +
  'OtherRecipients{N}? AddOns? OptOutType? ApiVersion'
const CONVERSATION = 'EventType AccountSid ChatServiceSid ConversationSid?'
const CLOUD_EVENT = 'specversion type source id dataschema datacontenttype time data'
const RINGING = /^ringing$/
const RECEIVED = /^receiv(ed|ing)$/

/** Rows are tried from the top, so what is more particular stands first. */
export const kinds: Readonly<Record<WebhookKind, KindRow>> = Object.freeze({
  'whatsapp.inbound': form('never repeats', { has: ['MessageSid', 'WaId'], matches: { SmsStatus: RECEIVED } }, [
    'SmsMessageSid MediaContentType{N}? NumMedia ProfileName MessageType SmsSid WaId SmsStatus Body ButtonText?',
    'ButtonPayload? ButtonType? OriginalRepliedMessageSid? OriginalRepliedMessageSender? Latitude? Longitude?',
    'Address? Label? Forwarded? FrequentlyForwarded? ReferralBody? ReferralHeadline? ReferralSourceId?',
    'ReferralSourceType? ReferralSourceUrl? To NumSegments ReferralNumMedia? MessageSid AccountSid',
    'MessagingServiceSid? ChannelMetadata? InteractiveData? FlowData? From MediaUrl{N}? ApiVersion',
  ]),
  'message.inbound': form(
    'never repeats',
    { has: ['MessageSid'], lacks: ['MessageStatus'], matches: { SmsStatus: RECEIVED } },
    [MESSAGE],
  ),
  'message.status': form('never repeats', { has: ['MessageSid', 'MessageStatus'] }, [
    'ErrorCode? ErrorMessage? RawDlrDoneDate? SmsSid SmsStatus MessageStatus ChannelPrefix? ChannelInstallSid?',
    'ChannelStatusMessage? ChannelToAddress? EventType? To MessagingServiceSid? MessageSid AccountSid From ApiVersion',
  ]),
  'dial.action': form('may repeat', { has: ['CallSid', 'DialCallStatus'] }, [
    CALL,
    'DialCallSid? DialCallStatus DialCallDuration? DialBridged? DialSipResponseCode? RecordingSid? RecordingUrl?',
  ]),
  'gather.speech': form('may repeat', { has: ['CallSid', 'SpeechResult'] }, [
    CALL,
    'SpeechResult Confidence Language? msg?',
  ]),
  // <Record> reports its finishing key as Digits too, beside the recording.
  'gather.dtmf': form('may repeat', { has: ['CallSid', 'Digits'], lacks: ['RecordingUrl'] }, [
    CALL,
    'Digits FinishedOnKey? msg?',
  ]),
  'conversation-relay.action': form('may repeat', { has: ['CallSid', 'SessionId', 'SessionStatus'] }, [
    CALL,
    'SessionId SessionStatus SessionDuration HandoffData? ErrorCode? ErrorMessage?',
  ]),
  // The sequence number is what makes one event differ from the next; without it nothing tells a repeat from an event.
  'call.status': form('never repeats', { has: ['CallSid', 'CallStatus', 'SequenceNumber'] }, [
    CALL,
    'Timestamp CallbackSource SequenceNumber CallDuration? Duration? SipResponseCode? AnsweredBy? RecordingUrl?',
    'RecordingSid? RecordingDuration?',
  ]),
  amd: form('may repeat', { has: ['CallSid', 'AnsweredBy', 'MachineDetectionDuration'], lacks: ['CallStatus'] }, [
    'CallSid AccountSid AnsweredBy MachineDetectionDuration',
  ]),
  'recording.status': form('never repeats', { has: ['RecordingSid', 'RecordingStatus'], lacks: ['CallStatus'] }, [
    'RecordingSource RecordingTrack? RecordingSid RecordingUrl? RecordingStatus RecordingChannels? ErrorCode?',
    'CallSid? ConferenceSid? RecordingStartTime? AccountSid RecordingDuration?',
  ]),
  transcription: form('may repeat', { has: ['TranscriptionSid', 'TranscriptionStatus'] }, [
    'AccountSid ApiVersion CallSid CallStatus Caller Called Direction From To RecordingSid RecordingUrl',
    'TranscriptionSid TranscriptionStatus TranscriptionText? TranscriptionType TranscriptionUrl url?',
  ]),
  'transcription.realtime': form('may repeat', { has: ['TranscriptionSid', 'TranscriptionEvent'] }, [
    'LanguageCode? PartialResults? ProviderConfiguration? TranscriptionEngine? Name? InboundTrackLabel?',
    'OutboundTrackLabel? SpeechModel? EnableAutomaticPunctuation? Hints? ProfanityFilter? TranscriptionSid',
    'TranscriptionEvent CallSid TranscriptionData? Timestamp AccountSid Track? Final? Stability? SequenceId',
    'TranscriptionError? TranscriptionErrorCode?',
  ]),
  'conference.participant': form(
    'may repeat',
    { has: ['ConferenceSid', 'CallSid'], matches: { StatusCallbackEvent: /^participant-/ } },
    [
      'Coaching? FriendlyName SequenceNumber ConferenceSid EndConferenceOnExit? CallSid StatusCallbackEvent Timestamp',
      'StartConferenceOnEnter? AccountSid Hold? Muted? ParticipantLabel? CallSidToCoach? ParticipantCallStatus?',
      'ReasonParticipantLeft? Reason?',
    ],
  ),
  'conference.status': form(
    'may repeat',
    { has: ['ConferenceSid'], matches: { StatusCallbackEvent: /^conference-/ } },
    [
      'ReasonConferenceEnded? CallSidEndingConference? ParticipantLabelEndingConference? ConferenceSid',
      'StatusCallbackEvent Reason? Timestamp SequenceNumber FriendlyName AccountSid',
    ],
  ),
  'sip.inbound': form('may repeat', { has: ['CallSid', 'SipDomain'], matches: { CallStatus: RINGING } }, [
    'CallSid AccountSid From To Caller Called CallStatus Direction ApiVersion SipDomain SipDomainSid SipCallId?',
    'SipSourceIp? SipHeader_*?',
  ]),
  'call.inbound': form(
    'may repeat',
    { has: ['CallSid'], lacks: ['SipDomain'], matches: { CallStatus: RINGING, Direction: /^inbound$/ } },
    [CALL, 'CallToken? StirVerstat? StirPassportToken? AddOns?'],
  ),
  'conversations.message': form('may repeat', { has: ['EventType'], matches: { EventType: /^onMessage/ } }, [
    CONVERSATION,
    'MessageSid? MessagingServiceSid? Index? DateCreated? DateUpdated? DateRemoved? ModifiedBy? Body? Author?',
    'ParticipantSid? Attributes? Source ClientIdentity? RetryCount? Media? ChannelMetadata?',
  ]),
  'conversations.conversation': form('may repeat', { has: ['EventType'], matches: { EventType: /^onConversation/ } }, [
    'AccountSid Attributes? ChatServiceSid ConversationSid? DateCreated? DateUpdated? DateRemoved? EventType',
    'FriendlyName? UniqueName? Reason? MessageBody? MessageMedia? MessagingBinding.Address?',
    'MessagingBinding.AuthorAddress? MessagingBinding.ProxyAddress? MessagingServiceSid? ClientIdentity?',
    'RetryCount? Source State? StateFrom? StateTo? StateUpdated?',
  ]),
  'conversations.delivery': form('may repeat', { has: ['EventType'], matches: { EventType: /^onDeliveryUpdated$/ } }, [
    'EventType AccountSid ConversationSid ChatServiceSid MessageSid DeliveryReceiptSid ChannelMessageSid',
    'ParticipantSid Status ErrorCode? DateCreated DateUpdated',
  ]),
  'taskrouter.event': form('may repeat', { has: ['WorkspaceSid', 'EventType', 'ResourceType'] }, [
    'EventType AccountSid WorkspaceSid WorkspaceName EventDescription ResourceType ResourceSid Timestamp',
    'TimestampMs? Sid? TaskSid? TaskAge? TaskPriority? TaskAttributes? TaskAssignmentStatus? TaskCanceledReason?',
    'TaskCompletedReason? TaskChannelSid? TaskChannelUniqueName? TaskQueueSid? TaskQueueName? WorkflowSid?',
    'WorkflowName? WorkerSid? WorkerName? WorkerAttributes? WorkerActivitySid? WorkerActivityName? ReservationSid?',
  ]),
  'taskrouter.assignment': form('may repeat', { has: ['WorkspaceSid', 'ReservationSid'], lacks: ['EventType'] }, [
    'Timestamp? AccountSid WorkspaceSid WorkflowSid TaskQueueSid WorkerSid WorkerName WorkerAttributes TaskSid',
    'TaskAge TaskPriority TaskAttributes ReservationSid',
  ]),
  'video.composition': form('may repeat', { has: ['CompositionSid', 'StatusCallbackEvent'] }, [
    'AccountSid RoomSid CompositionSid StatusCallbackEvent Timestamp HookSid? HookUri? HookFriendlyName?',
    'CompositionUri? MediaUri? Duration? Size? PercentageDone? SecondsRemaining? FailedOperation? ErrorMessage?',
  ]),
  'video.room': form('may repeat', { has: ['RoomSid', 'RoomStatus', 'StatusCallbackEvent'] }, [
    'RoomStatus RoomType RoomSid RoomName ParticipantStatus? ParticipantIdentity? ParticipantDuration? RoomDuration?',
    'TrackSid? TrackKind? TrackName? SequenceNumber StatusCallbackEvent Timestamp ParticipantSid? AccountSid',
  ]),
  'debugger.event': form('may repeat', { has: ['Sid', 'Level', 'Payload', 'PayloadType'] }, [
    'AccountSid Level ParentAccountSid Payload PayloadType Sid Timestamp',
  ]),
  'proxy.interaction': form('may repeat', { has: ['interactionSid', 'interactionAccountSid'] }, [
    'interactionSid interactionAccountSid interactionServiceSid interactionSessionSid interactionType interactionData',
    'interactionDateCreated interactionDateUpdated inboundParticipantSid? inboundResourceSid? inboundResourceStatus?',
    'inboundResourceType? inboundResourceUrl? outboundParticipantSid? outboundResourceSid? outboundResourceStatus?',
    'outboundResourceType? outboundResourceUrl?',
  ]),
  'verify.challenge': form('may repeat', { has: ['challenge_sid', 'factor_sid', 'type'] }, [
    'type account_sid service_sid entity_sid entity_identity factor_sid factor_type factor_friendly_name challenge_sid',
    'challenge_details? uuid',
  ]),
  // Reported as a GET that carries bodySHA256 twice and no body; what that hash covers is unknown.
  'regulatory.bundle': {
    ...form('may repeat', { has: ['BundleSid', 'Status'] }, ['bodySHA256? AccountSid BundleSid Status FailureReason?']),
    method: 'GET',
    body: 'query',
  },
  'events.test': json('never repeats', CLOUD_EVENT, {
    has: ['specversion'],
    matches: { type: /^com\.twilio\.eventstreams\.test-event$/ },
  }),
  'events.batch': json('never repeats', CLOUD_EVENT, { has: ['specversion'], matches: { type: /^com\.twilio\./ } }),
  'intelligence.transcript': json('never repeats', 'account_sid service_sid transcript_sid customer_key? event_type', {
    has: ['transcript_sid'],
    matches: { event_type: /^voice_intelligence_/ },
  }),
  orchestrator: json('never repeats', 'eventType timestamp data', { has: ['eventType', 'timestamp', 'data'] }),
  // The customer composes this body, and a flow that loops sends it again.
  'studio.json': json('may repeat', ''),
  // A handshake tells only that it is one: both products upgrade alike, and any query is the customer's.
  'media-stream.handshake': { method: 'GET', body: 'handshake', mayRepeat: true, parameters: [] },
  'conversation-relay.handshake': { method: 'GET', body: 'handshake', mayRepeat: true, parameters: [] },
})
