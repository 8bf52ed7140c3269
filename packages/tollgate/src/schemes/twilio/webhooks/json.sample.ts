import type { json } from './json.ts'
import { sampleAccountSid } from './row.ts'

/** The bodies of realistic JSON webhooks. No value comes from a real account. */
export const jsonSamples: Readonly<Record<keyof typeof json, unknown>> = {
  'events.test': [
    {
      specversion: '1.0',
      type: 'com.twilio.eventstreams.test-event',
      source: 'Sink',
      id: sampleAccountSid,
      dataschema: 'https://events-schemas.twilio.com/EventStreams.TestSink/1.json',
      datacontenttype: 'application/json',
      time: '2026-11-24T10:15:30.377Z',
      data: { test_id: '28125223-267a-41a3-a1b7-d0c4685cf4d7' },
    },
  ],
  'events.batch': [
    {
      specversion: '1.0',
      type: 'com.twilio.messaging.inbound-message.received',
      source:
        '/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Messages/SMd36c0364e3842955b2c8f86da3bd8ad6.json',
      id: 'EZ638e361b3baeef352c1c40aeb52bc436',
      dataschema: 'https://events-schemas.twilio.com/Messaging.InboundMessageV1/6',
      datacontenttype: 'application/json',
      time: '2026-11-24T10:15:30.000Z',
      data: {
        accountSid: sampleAccountSid,
        messageSid: 'SMd36c0364e3842955b2c8f86da3bd8ad6',
        from: '+14155550142',
        to: '+12025550123',
        body: 'Grüße ☕',
        numSegments: 1,
        numMedia: 0,
        timestamp: '2026-11-24T10:15:30.000Z',
      },
    },
    {
      specversion: '1.0',
      type: 'com.twilio.messaging.message.delivered',
      source:
        '/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Messages/SMb50bef7e1764758ccaa41dccba4ea2a0.json',
      id: 'EZ1b81e4268f8faffaafe3481b6c87cc8e',
      dataschema: 'https://events-schemas.twilio.com/Messaging.MessageStatus/7',
      datacontenttype: 'application/json',
      time: '2026-11-24T10:15:31.000Z',
      data: {
        messageSid: 'SMb50bef7e1764758ccaa41dccba4ea2a0',
        messageStatus: 'DELIVERED',
        from: '+12025550123',
        to: '+14155550142',
        numberOfSegments: 1,
        rawDlrDoneDate: '2611241015',
      },
    },
  ],
  'intelligence.transcript': {
    account_sid: sampleAccountSid,
    service_sid: 'GA5a2a9b9c6e4477c54d47ddf85211fb22',
    transcript_sid: 'GT4ba1ec7f2e071438f74bb807088c693a',
    customer_key: 'order-42',
    event_type: 'voice_intelligence_transcript_available',
  },
  'transcription.batch': {
    id: 'voice_transcription_01k9example',
    sourceId: 'REba3a45e6e565daede1152e31db173a7d',
    status: 'completed',
    sentences: [
      { audioChannelIndex: 1, sentenceIndex: 0, startTimeSeconds: 0.4, text: "Hi, it's Sam." },
      { audioChannelIndex: 2, sentenceIndex: 1, startTimeSeconds: 2.1, text: 'Hello Sam.' },
    ],
  },
  'intelligence.rule-execution': {
    accountId: sampleAccountSid,
    conversationId: 'conv_conversation_01k9example',
    intelligenceConfiguration: { id: 'intelligence_configuration_01k9example', version: 1 },
    operatorResults: [
      {
        id: 'intelligence_operatorresult_01k9example',
        operator: { id: 'intelligence_operator_01k9example', version: 2 },
        outputFormat: 'JSON',
        result: { label: 'positive' },
        dateCreated: '2026-11-24T10:15:30.143Z',
      },
    ],
  },
  orchestrator: {
    eventType: 'COMMUNICATION_CREATED',
    timestamp: '2026-11-24T10:15:30.000Z',
    data: {
      id: 'comms_communication_01k9example',
      conversationId: 'conv_conversation_01k9example',
      accountId: sampleAccountSid,
      author: { address: '+14155550142', channel: 'SMS' },
      content: { type: 'TEXT', text: 'Hello' },
    },
  },
  porting: {
    port_in_request_sid: 'KW6a8c0e2b4d1f43759b7d5f3a1c8e0264',
    status: 'PortInCompleted',
    phone_number: '+14155550142',
  },
  'studio.json': { phone: '+14155550142', name: 'José', step: 3 },
}
