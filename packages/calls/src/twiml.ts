// The elements of TwiML with their attributes. A test compares both with the types of the installed
// `twilio` package, so a new release of it shows what is missing. Both are case-sensitive:
// https://www.twilio.com/docs/voice/twiml

/** What may stand in the TwiML of a call. The package does not write Assistant, Custom, HttpRequest and ReferSip. */
export const voiceElements: Readonly<Record<string, string>> = {
  AiSession: 'aiConnector aiSessionConfiguration',
  Application: 'copyParentTo customerId method statusCallback statusCallbackEvent statusCallbackMethod url',
  ApplicationSid: '',
  Assistant: '',
  Autopilot: '',
  break: 'strength time',
  Client: 'method statusCallback statusCallbackEvent statusCallbackMethod url',
  Conference:
    'beep coach endConferenceOnExit eventCallbackUrl jitterBufferSize maxParticipants muted ' +
    'participantLabel record recordingConfigurationId recordingStatusCallback ' +
    'recordingStatusCallbackEvent recordingStatusCallbackMethod region startConferenceOnEnter ' +
    'statusCallback statusCallbackEvent statusCallbackMethod trim waitMethod waitUrl',
  Config: 'name value',
  Connect: 'action method',
  Conversation:
    'inboundAutocreation inboundTimeout method record recordingStatusCallback ' +
    'recordingStatusCallbackEvent recordingStatusCallbackMethod routingAssignmentTimeout ' +
    'serviceInstanceSid statusCallback statusCallbackEvent statusCallbackMethod trim url',
  ConversationRelay:
    'applicationReconnect asrSmartFormat backgroundnoisereduction conversationConfiguration ' +
    'conversationId customerName debug deepgramsmartformat dtmfDetection eagerEotThreshold ' +
    'echoPromptFiltering elevenlabsLanguageTextNormalization elevenlabsTextNormalization events hints ' +
    'ignorebackchannel includeInPrompt intelligenceService interruptSensitivity interruptible language ' +
    'partialPromptOnHangup partialPrompts preemptible profanityFilter reportInputDuringAgentSpeech ' +
    'speechModel speechtimeout transcriptionLanguage transcriptionProvider ttsLanguage ' +
    'ttsLanguageTextNormalization ttsProvider ttsTextNormalization turnDetection url voice ' +
    'welcomeGreeting welcomeGreetingInterruptible',
  ConversationRelaySession: 'connector sessionConfiguration',
  Custom: '',
  Dial:
    'action answerOnBridge callerId events hangupOnStar method passports record recordingConfigurationId ' +
    'recordingStatusCallback recordingStatusCallbackEvent recordingStatusCallbackMethod recordingTrack ' +
    'referMethod referUrl ringTone sequential timeLimit timeout trim',
  Echo: '',
  emphasis: 'level',
  Enqueue: 'action maxQueueSize method waitUrl waitUrlMethod workflowSid',
  Gather:
    'action actionOnEmptyResult bargeIn debug enhanced finishOnKey hints input language maxSpeechTime ' +
    'method numDigits partialResultCallback partialResultCallbackMethod profanityFilter speechModel ' +
    'speechTimeout timeout',
  Hangup: '',
  Header: 'name value',
  Headers: '',
  HttpRequest: '',
  Identity: '',
  lang: 'xml:lang',
  Language:
    'asrSmartFormat code hints speechModel transcriptionProvider ttsLanguageTextNormalization ttsProvider ' +
    'ttsTextNormalization voice',
  Leave: '',
  MediaFilter: 'filterType model name track',
  Number:
    'amdStatusCallback amdStatusCallbackMethod byoc machineDetection machineDetectionSilenceTimeout ' +
    'machineDetectionSpeechEndThreshold machineDetectionSpeechThreshold machineDetectionTimeout method ' +
    'sendDigits statusCallback statusCallbackEvent statusCallbackMethod url',
  p: '',
  Parameter: 'name value',
  Pause: 'length',
  Pay:
    'action bankAccountType chargeAmount currency description input language maxAttempts ' +
    'minPostalCodeLength paymentConnector paymentMethod postalCode securityCode statusCallback ' +
    'statusCallbackMethod timeout tokenType validCardTypes',
  phoneme: 'alphabet ph',
  Play: 'digits loop',
  Prompt: 'attempt cardType errorType for requireMatchingInputs',
  prosody: 'pitch rate volume',
  Queue: 'method postWorkActivitySid reservationSid url',
  Record:
    'action finishOnKey maxLength method playBeep recordingConfigurationId recordingStatusCallback ' +
    'recordingStatusCallbackEvent recordingStatusCallbackMethod timeout transcribe transcribeCallback ' +
    'trim',
  Recording:
    'channels recordingConfigurationId recordingStatusCallback recordingStatusCallbackEvent ' +
    'recordingStatusCallbackMethod track trim',
  Redirect: 'method',
  Refer: 'action method',
  ReferSip: '',
  Reject: 'reason',
  Response: '',
  Room: 'participantIdentity',
  s: '',
  'say-as': 'format',
  Say: 'language loop voice',
  Sim: '',
  Sip:
    'amdStatusCallback amdStatusCallbackMethod machineDetection machineDetectionSilenceTimeout ' +
    'machineDetectionSpeechEndThreshold machineDetectionSpeechThreshold machineDetectionTimeout method ' +
    'password statusCallback statusCallbackEvent statusCallbackMethod url username',
  Siprec: 'connectorName name statusCallback statusCallbackMethod track',
  Sms: 'action from method statusCallback to',
  Start: 'action method',
  Stop: '',
  Stream: 'audioFormat connectorName name sampleRate statusCallback statusCallbackMethod track url',
  sub: 'alias',
  Task: 'priority timeout',
  Transcription:
    'conversationConfiguration conversationId enableAutomaticPunctuation hints inboundTrackLabel ' +
    'intelligenceService languageCode name outboundTrackLabel partialResults profanityFilter speechModel ' +
    'statusCallbackMethod statusCallbackUrl track transcriptionEngine',
  Uri: 'password priority username weight',
  VirtualAgent: 'connectorName language sentimentAnalysis statusCallback statusCallbackMethod',
  w: 'role',
  WhatsApp: 'method statusCallback statusCallbackEvent statusCallbackMethod url',
}

/** What may stand in the TwiML of a message. */
export const messageElements: Readonly<Record<string, string>> = {
  Body: '',
  Media: '',
  Message: 'action from method statusCallback to',
  Redirect: 'method',
  Response: '',
}

/** Returns true if TwiML of this use has the element. */
export function isElement(name: string, use: 'voice' | 'message'): boolean {
  return Object.hasOwn(use === 'voice' ? voiceElements : messageElements, name)
}

/** Reads the attributes of an element. */
export function listAttributes(name: string): string[] {
  const all = isElement(name, 'voice') ? voiceElements : messageElements
  return (Object.hasOwn(all, name) ? all[name] : undefined)?.split(' ') ?? []
}
