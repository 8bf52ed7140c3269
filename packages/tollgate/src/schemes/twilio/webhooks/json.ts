/**
 * Webhooks with a JSON body. Their parameters are the fields of the object, or of each object in
 * the list.
 */
export const json = {
  // The test event of an Event Streams sink.
  // https://www.twilio.com/docs/events
  // https://www.twilio.com/docs/events/event-types
  'events.test': {
    body: 'json',
    rule: 'specversion type=com.twilio.eventstreams.test-event',
    neverRepeats: true,
    batch: true,
    parameters: ['specversion type source id dataschema? datacontenttype? time data'],
  },
  // Events of Event Streams. `data` depends on the type of the event.
  // https://www.twilio.com/docs/events
  // https://www.twilio.com/docs/events/event-types
  'events.batch': {
    body: 'json',
    rule: 'specversion type=com.twilio.*',
    neverRepeats: true,
    batch: true,
    parameters: ['specversion type source id dataschema? datacontenttype? time data'],
  },
  // Conversational Intelligence has a transcript for you. The names are from code that handles
  // them.
  // https://www.twilio.com/docs/conversational-intelligence
  'intelligence.transcript': {
    body: 'json',
    rule: 'transcript_sid event_type=voice_intelligence_*',
    neverRepeats: true,
    parameters: ['account_sid service_sid transcript_sid customer_key? event_type'],
  },
  // A batch transcription (version 3) has ended. It may have 1 MB: `sentences` has the whole text.
  // Twilio's pages show no body: the names are from code that handles them.
  // https://www.twilio.com/docs/configurations/transcriptions-resource
  'transcription.batch': {
    body: 'json',
    rule: 'id=voice_transcription_* status',
    parameters: ['id status sourceId? sentences?'],
  },
  // The results of a rule's language operators for a conversation. `memoryStoreId` is in Twilio's
  // own code only.
  // https://www.twilio.com/docs/conversations/intelligence/webhooks/rule-execution (2026-11)
  'intelligence.rule-execution': {
    body: 'json',
    rule: 'conversationId intelligenceConfiguration operatorResults',
    neverRepeats: true,
    parameters: ['accountId conversationId memoryStoreId? intelligenceConfiguration operatorResults'],
  },
  // An event of Conversation Orchestrator. `data` depends on `eventType`.
  // https://www.twilio.com/docs/conversations/orchestrator/webhooks (2026-11)
  orchestrator: {
    body: 'json',
    rule: 'eventType timestamp data',
    neverRepeats: true,
    parameters: ['eventType timestamp data'],
  },
  // A number or a request of a port-in changes its status. The names are not confirmed: they are those
  // that programs read.
  // https://www.twilio.com/docs/phone-numbers/port-in/porting-webhooks
  porting: {
    body: 'json',
    rule: 'port_in_request_sid status',
    parameters: ['port_in_request_sid status phone_number? rejection_reason?'],
  },
  // The HTTP request of a Studio flow. You compose the body, so it has no parameters and no rule. A
  // flow that loops sends the same body again.
  // https://www.twilio.com/docs/studio/widget-library/http-request
  'studio.json': {
    body: 'json',
    parameters: [],
  },
} as const
