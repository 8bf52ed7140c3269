import type { Sample } from './row.ts'
import type { voice } from './voice.ts'

type Pair = readonly [string, string]

// Twilio names a charset for voice, and none for messaging.
const contentType = 'application/x-www-form-urlencoded; charset=UTF-8'

const callPairs: readonly Pair[] = [
  ['Called', '+12025550123'],
  ['ToState', 'DC'],
  ['CallerCountry', 'US'],
  ['Direction', 'inbound'],
  ['CallerState', 'CA'],
  ['ToZip', '20001'],
  ['CallSid', 'CAa424ef497f36dfb72350527f5317d318'],
  ['To', '+12025550123'],
  ['CallerZip', '94103'],
  ['ToCountry', 'US'],
  ['ApiVersion', '2010-04-01'],
  ['CalledZip', '20001'],
  ['CalledCity', 'WASHINGTON'],
  ['CallStatus', 'in-progress'],
  ['From', '+14155550142'],
  ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
  ['CalledCountry', 'US'],
  ['CallerCity', 'SAN FRANCISCO'],
  ['ToCity', 'WASHINGTON'],
  ['FromCountry', 'US'],
  ['Caller', '+14155550142'],
  ['FromCity', 'SAN FRANCISCO'],
  ['CalledState', 'DC'],
  ['FromZip', '94103'],
  ['FromState', 'CA'],
]

/** The parameters that every request about a call begins with. */
function call(changes: Readonly<Record<string, string>>): readonly Pair[] {
  return callPairs.map(([name, value]): Pair => [name, changes[name] ?? value])
}

/** The samples of calls. */
export const voiceSamples: Readonly<Record<keyof typeof voice, Sample>> = {
  'dial.action': {
    contentType,
    params: [
      ...call({ CallSid: 'CA5432119054bd7bec37076ce32c4b6bbd' }),
      ['DialCallSid', 'CA84a48e4ef7f7e73e9638d243aaae89b3'],
      ['DialCallStatus', 'completed'],
      ['DialCallDuration', '17'],
      ['DialBridged', 'true'],
    ],
  },
  'queue.wait': {
    contentType,
    params: [
      ...call({ CallSid: 'CA7d1b0c5e9f3a4862b4d6e8f0a2c4e6b8' }),
      ['QueuePosition', '2'],
      ['QueueSid', 'QU4b1d9e6f7a8c4e0d9b2f5a3c7e1d8f60'],
      ['QueueTime', '31'],
      ['AvgQueueTime', '48'],
      ['CurrentQueueSize', '3'],
      ['MaxQueueSize', '100'],
    ],
  },
  'queue.connect': {
    contentType,
    params: [
      ...call({ CallSid: 'CA7d1b0c5e9f3a4862b4d6e8f0a2c4e6b8' }),
      ['QueueSid', 'QU4b1d9e6f7a8c4e0d9b2f5a3c7e1d8f60'],
      ['QueueTime', '62'],
      ['DequeingCallSid', 'CA84a48e4ef7f7e73e9638d243aaae89b3'],
    ],
  },
  'queue.action': {
    contentType,
    params: [
      ...call({ CallSid: 'CA7d1b0c5e9f3a4862b4d6e8f0a2c4e6b8' }),
      ['QueueResult', 'bridged'],
      ['QueueSid', 'QU4b1d9e6f7a8c4e0d9b2f5a3c7e1d8f60'],
      ['QueueTime', '62'],
    ],
  },
  'sip.refer': {
    contentType,
    params: [
      ...call({ CallSid: 'CA059d31693a4aa671145818af65a1cf3e' }),
      ['ReferTransferTarget', 'sip:bob@example.sip.twilio.com'],
    ],
  },
  'pay.action': {
    contentType,
    params: [
      ...call({ CallSid: 'CA2c9d5a7e1b3f4860a9c8e6d4b2f0a1c3' }),
      ['Result', 'success'],
      ['PaymentCardNumber', 'xxxxxxxxxxxx1111'],
      ['PaymentCardType', 'visa'],
      ['ExpirationDate', '0530'],
      ['SecurityCode', 'xxx'],
      ['PaymentCardPostalCode', '94109'],
      ['PaymentConfirmationCode', 'ch_example_42'],
    ],
  },
  'gather.speech': {
    contentType,
    params: [
      ...call({ CallSid: 'CAd7598ffc75749fb7aea0b45c9c036adc' }),
      ['SpeechResult', 'Ich möchte einen Tisch für zwei.'],
      ['Confidence', '0.9128386'],
      ['Language', 'de-DE'],
    ],
  },
  'gather.partial': {
    contentType,
    params: [
      ...call({ CallSid: 'CAd7598ffc75749fb7aea0b45c9c036adc' }),
      ['UnstableSpeechResult', 'Ich möchte einen Tisch'],
      ['StableSpeechResult', ''],
      ['Stability', '0.9'],
      ['SequenceNumber', '2'],
      ['Language', 'de-DE'],
    ],
  },
  'gather.dtmf': {
    contentType,
    params: [...call({}), ['Digits', '1234'], ['FinishedOnKey', '#'], ['msg', 'Gather End']],
  },
  'conversation-relay.action': {
    contentType,
    params: [
      ...call({ CallSid: 'CAf179293be3027d4fe86cd7a4f284a611' }),
      ['SessionId', 'VX258cb419d6960ba171260e83e1c2dbb3'],
      ['SessionStatus', 'ended'],
      ['SessionDuration', '35'],
      ['HandoffData', '{"reasonCode":"live-agent-handoff","reason":"The caller wants a person"}'],
    ],
  },
  'call.status': {
    contentType,
    params: [
      ...call({ Direction: 'outbound-api', CallSid: 'CAf1f52c211abdcf034c92a4a9860c12fc', CallStatus: 'completed' }),
      ['Timestamp', 'Tue, 24 Nov 2026 10:15:30 +0000'],
      ['CallbackSource', 'call-progress-events'],
      ['SequenceNumber', '3'],
      ['CallDuration', '42'],
      ['Duration', '1'],
      ['SipResponseCode', '200'],
    ],
  },
  'record.action': {
    contentType,
    params: [
      ...call({ CallSid: 'CAc93bf9a243a391a65da5b60116ee9a5c' }),
      [
        'RecordingUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
      ['RecordingDuration', '11'],
      ['RecordingSid', 'REba3a45e6e565daede1152e31db173a7d'],
      ['Digits', '#'],
    ],
  },
  amd: {
    contentType,
    params: [
      ['CallSid', 'CA19b76577493e431391abc507b537ce2f'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['AnsweredBy', 'machine_end_beep'],
      ['MachineDetectionDuration', '4521'],
    ],
  },
  'recording.status': {
    contentType,
    params: [
      ['RecordingSource', 'StartCallRecordingAPI'],
      ['RecordingTrack', 'both'],
      ['RecordingSid', 'REba3a45e6e565daede1152e31db173a7d'],
      [
        'RecordingUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
      ['RecordingStatus', 'completed'],
      ['RecordingChannels', '2'],
      ['ErrorCode', '0'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['RecordingStartTime', 'Tue, 24 Nov 2026 10:15:30 +0000'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['RecordingDuration', '11'],
    ],
  },
  transcription: {
    contentType,
    params: [
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['ApiVersion', '2010-04-01'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['CallStatus', 'completed'],
      ['Caller', '+14155550142'],
      ['Called', '+12025550123'],
      ['Direction', 'inbound'],
      ['From', '+14155550142'],
      ['To', '+12025550123'],
      ['RecordingSid', 'REba3a45e6e565daede1152e31db173a7d'],
      [
        'RecordingUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
      ['TranscriptionSid', 'TR677e544880b8017ff8bd4c952676d0ab'],
      ['TranscriptionStatus', 'completed'],
      ['TranscriptionText', "Hi, it's Sam. Please call me back."],
      ['TranscriptionType', 'fast'],
      [
        'TranscriptionUrl',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d/Transcriptions/TR677e544880b8017ff8bd4c952676d0ab',
      ],
      [
        'url',
        'https://api.twilio.com/2010-04-01/Accounts/ACa42104b5c0081d28f69cc86620eae712/Recordings/REba3a45e6e565daede1152e31db173a7d',
      ],
    ],
  },
  'transcription.realtime': {
    contentType,
    params: [
      ['LanguageCode', 'en-US'],
      ['TranscriptionSid', 'GT3ce637de716ef3d065b8e4aebc0cf835'],
      ['TranscriptionEvent', 'transcription-content'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['TranscriptionData', '{"transcript":"to be or not to be","confidence":0.96823084}'],
      ['Timestamp', '2026-11-24T10:15:31.456Z'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['Track', 'inbound_track'],
      ['Final', 'true'],
      ['SequenceId', '2'],
    ],
  },
  'media-stream.status': {
    contentType,
    params: [
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['StreamSid', 'MZ18ad3ab5a668481ce02b83e7395059f0'],
      ['StreamName', 'assistant'],
      ['StreamEvent', 'stream-started'],
      ['Timestamp', '2026-11-24T10:15:30.123Z'],
    ],
  },
  'conference.participant': {
    contentType,
    params: [
      ['Coaching', 'false'],
      ['FriendlyName', 'Standup – Mötesrum'],
      ['SequenceNumber', '1'],
      ['ConferenceSid', 'CFd467551ed2053e4fae52639bb69467fd'],
      ['EndConferenceOnExit', 'false'],
      ['CallSid', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['StatusCallbackEvent', 'participant-join'],
      ['Timestamp', 'Tue, 24 Nov 2026 10:15:30 +0000'],
      ['StartConferenceOnEnter', 'true'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['Hold', 'false'],
      ['Muted', 'false'],
    ],
  },
  'conference.announcement': {
    contentType,
    params: [
      ['ConferenceSid', 'CFd467551ed2053e4fae52639bb69467fd'],
      ['FriendlyName', 'Standup'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['SequenceNumber', '4'],
      ['Timestamp', 'Tue, 24 Nov 2026 10:18:30 +0000'],
      ['StatusCallbackEvent', 'announcement-end'],
      ['AnnounceUrl', 'https://example.com/announce.xml'],
    ],
  },
  'conference.status': {
    contentType,
    params: [
      ['ReasonConferenceEnded', 'participant-with-end-conference-on-exit-left'],
      ['CallSidEndingConference', 'CAc93bf9a243a391a65da5b60116ee9a5c'],
      ['ConferenceSid', 'CFd467551ed2053e4fae52639bb69467fd'],
      ['StatusCallbackEvent', 'conference-end'],
      ['Reason', 'Participant CAc93bf9a243a391a65da5b60116ee9a5c with endConferenceOnExit left the conference'],
      ['Timestamp', 'Tue, 24 Nov 2026 10:20:30 +0000'],
      ['SequenceNumber', '6'],
      ['FriendlyName', 'Standup'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
    ],
  },
  'sip.inbound': {
    contentType,
    params: [
      ['CallSid', 'CA059d31693a4aa671145818af65a1cf3e'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['From', 'sip:alice@example.sip.twilio.com'],
      ['To', 'sip:+12025550123@example.sip.twilio.com;user=phone'],
      ['Caller', 'sip:alice@example.sip.twilio.com'],
      ['Called', 'sip:+12025550123@example.sip.twilio.com;user=phone'],
      ['CallStatus', 'ringing'],
      ['Direction', 'inbound'],
      ['ApiVersion', '2010-04-01'],
      ['SipDomain', 'example.sip.twilio.com'],
      ['SipDomainSid', 'SD6cc4a6137cd9ee071f14b55f28bb3ee9'],
      ['SipCallId', 'a84b4c76e66710@203.0.113.5'],
      ['SipSourceIp', '203.0.113.5'],
      ['SipHeader_X-Customer', '42'],
    ],
  },
  'call.inbound': {
    contentType,
    params: [
      ...call({ CallSid: 'CAc93bf9a243a391a65da5b60116ee9a5c', CallStatus: 'ringing' }),
      ['CallToken', '%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9.e30.example%22%7D'],
      ['StirVerstat', 'TN-Validation-Passed-A'],
    ],
  },
  'media-stream.handshake': { params: [] },
  'conversation-relay.handshake': {
    params: [
      ['token', 'abc123'],
      ['lang', 'pt-BR'],
    ],
  },
}
