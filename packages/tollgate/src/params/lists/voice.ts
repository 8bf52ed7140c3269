/** What a call sends, from its first request to its last status. A question mark follows what is sent only sometimes. */
export const voice = {
  'call.inbound': ['...call CallToken? StirVerstat? StirPassportToken? AddOns? ErrorCode? ErrorUrl?'],
  'call.status': [
    '...call Timestamp? CallbackSource? SequenceNumber CallDuration? Duration? SipResponseCode? AnsweredBy?',
    'RecordingUrl? RecordingSid? RecordingDuration? StirStatus? StirVerstat? StirPassportToken?',
  ],
  'sip.inbound': [
    'CallSid AccountSid From To Caller? Called? CallStatus Direction ApiVersion SipDomain SipDomainSid? SipCallId?',
    'SipSourceIp? SipHeader_*?',
  ],
  'sip.refer': ['...call ReferTransferTarget SipHeader_*? SipCallId?'],
  'gather.dtmf': ['...call Digits FinishedOnKey? msg?'],
  'gather.speech': ['...call SpeechResult Confidence? Language? msg?'],
  'gather.partial': ['...call UnstableSpeechResult StableSpeechResult? Stability? SequenceNumber? Language?'],
  'dial.action': [
    '...call DialCallSid? DialCallStatus DialCallDuration? DialBridged? DialSipResponseCode? DialSipCallId?',
    'DialSipHeader_*? RecordingSid? RecordingUrl? QueueSid? QueueTime? DequeingCallSid? DequeueResult? DequeuedCallSid? DequeuedCallQueueTime?',
    'DequeuedCallDuration?',
  ],
  'record.action': ['...call RecordingUrl RecordingDuration RecordingSid? Digits?'],
  'queue.wait': ['...call QueuePosition QueueSid QueueTime? AvgQueueTime? CurrentQueueSize? MaxQueueSize?'],
  'queue.connect': ['...call QueueSid QueueTime? DequeingCallSid'],
  'queue.action': ['...call QueueResult QueueSid? QueueTime?'],
  'pay.action': [
    '...call Result PaymentMethod? PaymentCardNumber? PaymentCardType? ExpirationDate? SecurityCode?',
    'PaymentCardPostalCode? BankAccountNumber? BankRoutingNumber? BankAccountType? PaymentToken?',
    'PaymentConfirmationCode? ProfileId? PaymentError? PayErrorCode? ConnectorError?',
  ],
  amd: ['CallSid AccountSid AnsweredBy MachineDetectionDuration'],
  'conversation-relay.action': [
    '...call SessionId SessionStatus SessionDuration? HandoffData? ErrorCode? ErrorMessage?',
  ],
} as const
