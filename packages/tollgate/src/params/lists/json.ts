/** Fields of the JSON object, or of each object in the list. A question mark follows what is sent only sometimes. */
export const jsonLists = {
  'events.batch': ['specversion type source id dataschema? datacontenttype? time data'],
  'events.test': ['specversion type source id dataschema? datacontenttype? time data'],
  'intelligence.transcript': ['account_sid service_sid transcript_sid customer_key? event_type'],
  orchestrator: ['eventType timestamp data'],
  // The customer composes this body.
  'studio.json': [],
} as const
