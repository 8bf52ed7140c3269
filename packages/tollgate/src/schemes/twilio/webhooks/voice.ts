/** Calls: TwiML requests, status callbacks, recordings, conferences and streams. */
export const voice = {
  // The end of a `<Dial>`. `RecordingSid` and names that begin with `Deque` are sent after a queue,
  // or are in captures only.
  // https://www.twilio.com/docs/voice/twiml/dial#action (2026-11)
  // https://www.twilio.com/docs/voice/twiml/queue (2026-11)
  'dial.action': {
    rule: 'CallSid DialCallStatus',
    mayBeAlike: true,
    parameters: [
      '...call DialCallSid? DialCallStatus DialCallDuration? DialBridged? DialSipResponseCode? DialSipCallId?',
      'DialSipHeader_*? RecordingSid? RecordingUrl? QueueSid? QueueTime? DequeingCallSid? DequeueResult?',
      'DequeuedCallSid? DequeuedCallQueueTime? DequeuedCallDuration?',
    ],
  },
  // The wait URL of an `<Enqueue>`.
  // https://www.twilio.com/docs/voice/twiml/enqueue (2026-11)
  'queue.wait': {
    rule: 'CallSid QueueSid QueuePosition',
    mayBeAlike: true,
    parameters: ['...call QueuePosition QueueSid QueueTime? AvgQueueTime? CurrentQueueSize? MaxQueueSize?'],
  },
  // The URL of a `<Queue>`, before a caller is connected. `DequeingCallSid` is Twilio's spelling.
  // https://www.twilio.com/docs/voice/twiml/queue#attributes-url-parameters (2026-11)
  'queue.connect': {
    rule: 'CallSid QueueSid DequeingCallSid',
    mayBeAlike: true,
    parameters: ['...call QueueSid QueueTime? DequeingCallSid'],
  },
  // The end of an `<Enqueue>`. It has `QueueSid` only if the call was enqueued.
  // https://www.twilio.com/docs/voice/twiml/enqueue (2026-11)
  'queue.action': {
    rule: 'CallSid QueueResult',
    mayBeAlike: true,
    parameters: ['...call QueueResult QueueSid? QueueTime?'],
  },
  // A SIP REFER in a call.
  // https://www.twilio.com/docs/voice/twiml/dial#referurl (2026-11)
  'sip.refer': {
    rule: 'CallSid ReferTransferTarget',
    mayBeAlike: true,
    parameters: ['...call ReferTransferTarget SipHeader_*? SipCallId?'],
  },
  // The end of a `<Pay>`. It always has `Result`, and other names only if they apply.
  // https://www.twilio.com/docs/voice/twiml/pay#action
  'pay.action': {
    rule: 'CallSid CallStatus Result',
    mayBeAlike: true,
    parameters: [
      '...call Result PaymentMethod? PaymentCardNumber? PaymentCardType? ExpirationDate? SecurityCode?',
      'PaymentCardPostalCode? BankAccountNumber? BankRoutingNumber? BankAccountType? PaymentToken?',
      'PaymentConfirmationCode? ProfileId? PaymentError? PayErrorCode? ConnectorError?',
    ],
  },
  // The progress of a `<Pay>`. The names are not confirmed.
  // https://www.twilio.com/docs/voice/twiml/pay#statuscallback
  'pay.status': {
    rule: 'CallSid PartialResult Required !Result',
    mayBeAlike: true,
    parameters: [
      'AccountSid CallSid PaymentSid? PaymentMethod? For? Attempt? ErrorType? PaymentCardNumber? PaymentCardType?',
      'ExpirationDate? SecurityCode? PaymentCardPostalCode? Required PartialResult',
    ],
  },
  // A SIPREC session starts, stops or fails.
  // https://www.twilio.com/docs/voice/api/siprec (2026-12)
  'siprec.status': {
    rule: 'CallSid SiprecSid SiprecEvent',
    parameters: ['AccountSid CallSid SiprecSid SiprecName SiprecEvent Timestamp SiprecError? SiprecErrorCode?'],
  },
  // The speech that a `<Gather>` recognised. `Language` and `msg` are in captures only.
  // https://www.twilio.com/docs/voice/twiml/gather (2026-11)
  'gather.speech': {
    rule: 'CallSid SpeechResult',
    mayBeAlike: true,
    parameters: ['...call SpeechResult Confidence? Language? msg?'],
  },
  // Speech that a `<Gather>` has not finished recognising. The names are in captures only.
  // https://www.twilio.com/docs/voice/twiml/gather#partialresultcallback
  'gather.partial': {
    // It has a sequence number, as the status of a call has, so it comes before that row.
    rule: 'CallSid UnstableSpeechResult',
    mayBeAlike: true,
    parameters: ['...call UnstableSpeechResult StableSpeechResult? Stability? SequenceNumber? Language?'],
  },
  // The digits that a `<Gather>` collected. `FinishedOnKey` and `msg` are in captures only.
  // https://www.twilio.com/docs/voice/twiml/gather (2026-11)
  'gather.dtmf': {
    // <Record> reports its finishing key as Digits too, beside the recording.
    rule: 'CallSid Digits !RecordingUrl',
    mayBeAlike: true,
    parameters: ['...call Digits FinishedOnKey? msg?'],
  },
  // The end of a ConversationRelay session.
  // https://www.twilio.com/docs/voice/twiml/connect/conversationrelay
  'conversation-relay.action': {
    rule: 'CallSid SessionId SessionStatus',
    parameters: ['...call SessionId SessionStatus SessionDuration? HandoffData? ErrorCode? ErrorMessage?'],
  },
  // The status of a call. An older callback without `SequenceNumber` has no kind.
  // https://www.twilio.com/docs/voice/api/call-resource#statuscallback
  'call.status': {
    // Only the sequence number makes one event differ from the next.
    rule: 'CallSid CallStatus SequenceNumber',
    neverRepeats: true,
    parameters: [
      '...call Timestamp? CallbackSource? SequenceNumber CallDuration? Duration? SipResponseCode? AnsweredBy?',
      'RecordingUrl? RecordingSid? RecordingDuration? StirStatus? StirVerstat? StirPassportToken?',
    ],
  },
  // The end of a `<Record>`. `RecordingSid` is in captures only.
  // https://www.twilio.com/docs/voice/twiml/record#attributes-action (2026-11)
  'record.action': {
    // The last status of a call may have its recording too, but it has the duration of the call.
    rule: 'CallSid CallStatus RecordingUrl RecordingDuration !CallDuration !TranscriptionSid !RecordingStatus',
    parameters: ['...call RecordingUrl RecordingDuration RecordingSid? Digits?'],
  },
  // The result of asynchronous answering machine detection.
  // https://www.twilio.com/docs/voice/answering-machine-detection
  amd: {
    rule: 'CallSid AnsweredBy MachineDetectionDuration !CallStatus',
    parameters: ['CallSid AccountSid AnsweredBy MachineDetectionDuration'],
  },
  // The status of a recording.
  // https://www.twilio.com/docs/voice/api/recording
  'recording.status': {
    // A recording of a video room has the RoomSid.
    rule: 'RecordingSid RecordingStatus !CallStatus !RoomSid',
    neverRepeats: true,
    parameters: [
      'RecordingSource? RecordingTrack? RecordingSid RecordingUrl? RecordingStatus RecordingChannels? ErrorCode?',
      'CallSid? ConferenceSid? RecordingStartTime? AccountSid RecordingDuration?',
    ],
  },
  // The transcription of a `<Record>`. `url` is in captures only.
  // https://www.twilio.com/docs/voice/twiml/record#attributes-transcribe-callback
  transcription: {
    rule: 'TranscriptionSid TranscriptionStatus',
    parameters: [
      'AccountSid ApiVersion? CallSid? CallStatus? Caller? Called? Direction? From? To? RecordingSid',
      'RecordingUrl? TranscriptionSid TranscriptionStatus TranscriptionText? TranscriptionType? TranscriptionUrl?',
      'url?',
    ],
  },
  // An event of a real-time `<Transcription>`. An error without `TranscriptionSid` has no kind.
  // https://www.twilio.com/docs/voice/twiml/transcription
  'transcription.realtime': {
    rule: 'TranscriptionSid TranscriptionEvent',
    parameters: [
      'LanguageCode? PartialResults? ProviderConfiguration? TranscriptionEngine? Name? InboundTrackLabel?',
      'OutboundTrackLabel? SpeechModel? EnableAutomaticPunctuation? Hints? ProfanityFilter? TranscriptionSid',
      'TranscriptionEvent CallSid TranscriptionData? TranscriptionProviderData? Timestamp? AccountSid Track? Final?',
      'Stability? SequenceId? TranscriptionError? TranscriptionErrorCode? ErrorCode? ErrorMessage?',
    ],
  },
  // The status of a media stream.
  // https://www.twilio.com/docs/voice/twiml/stream#statuscallback
  'media-stream.status': {
    rule: 'StreamSid StreamEvent',
    parameters: ['AccountSid CallSid StreamSid StreamName? StreamEvent StreamError? Timestamp?'],
  },
  // A participant joins, leaves or changes. The end of a recording, which is sent as `EventName`,
  // has no kind.
  // https://www.twilio.com/docs/voice/twiml/conference#statuscallbackevent
  'conference.participant': {
    rule: 'ConferenceSid CallSid StatusCallbackEvent=participant-*',
    parameters: [
      'Coaching? FriendlyName? SequenceNumber? ConferenceSid EndConferenceOnExit? CallSid StatusCallbackEvent',
      'Timestamp? StartConferenceOnEnter? AccountSid Hold? Muted? ParticipantLabel? CallSidToCoach?',
      'ParticipantCallStatus? ReasonParticipantLeft? Reason?',
    ],
  },
  // The end or the failure of an announcement in a conference.
  // https://www.twilio.com/docs/voice/twiml/conference#statuscallbackevent
  'conference.announcement': {
    rule: 'ConferenceSid StatusCallbackEvent=announcement-*',
    parameters: [
      'ConferenceSid FriendlyName? AccountSid SequenceNumber? Timestamp? StatusCallbackEvent CallSid? Muted?',
      'Hold? Coaching? EndConferenceOnExit? StartConferenceOnEnter? ParticipantLabel? ReasonAnnouncementFailed?',
      'AnnounceUrl?',
    ],
  },
  // The start or the end of a conference.
  // https://www.twilio.com/docs/voice/twiml/conference#statuscallbackevent
  'conference.status': {
    rule: 'ConferenceSid StatusCallbackEvent=conference-*',
    parameters: [
      'ReasonConferenceEnded? CallSidEndingConference? ParticipantLabelEndingConference? ConferenceSid',
      'StatusCallbackEvent Reason? Timestamp? SequenceNumber? FriendlyName? AccountSid',
    ],
  },
  // A call from your SIP domain. It has any `SipHeader_X-…` that the caller sent.
  // https://www.twilio.com/docs/voice/api/receiving-sip
  'sip.inbound': {
    rule: 'CallSid SipDomain CallStatus=ringing',
    mayBeAlike: true,
    parameters: [
      'CallSid AccountSid From To Caller? Called? CallStatus Direction ApiVersion SipDomain SipDomainSid?',
      'SipCallId? SipSourceIp? SipHeader_*?',
    ],
  },
  // A call to your number. `Called`, `Caller` and their places are in captures only.
  // https://www.twilio.com/docs/voice/twiml#request-parameters
  'call.inbound': {
    rule: 'CallSid CallStatus=ringing Direction=inbound !SipDomain',
    mayBeAlike: true,
    parameters: ['...call CallToken? StirVerstat? StirPassportToken? AddOns? ErrorCode? ErrorUrl?'],
  },
  // The start of a media stream. It has no parameters. `parseStreamMessage` reads the messages.
  // https://www.twilio.com/docs/voice/media-streams (2026-11)
  'media-stream.handshake': {
    body: 'handshake',
    parameters: [],
  },
  // The start of a ConversationRelay session. You choose the query. `parseRelayMessage` reads
  // the messages.
  // https://www.twilio.com/docs/voice/twiml/connect/conversationrelay
  'conversation-relay.handshake': {
    body: 'handshake',
    parameters: [],
  },
} as const
