import type { Sample } from './sample.ts'

type Pair = readonly [string, string]

/** The parameters that every request about a call begins with. */
export function call(changes: Readonly<Record<string, string>>): readonly Pair[] {
  return CALL.map(([name, value]): Pair => [name, changes[name] ?? value])
}

const CALL: readonly Pair[] = [
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

/** What a call sends, from its first request to its last status. Invented values in the form of real ones. */
export const voice: Readonly<
  Record<
    | 'call.inbound'
    | 'call.status'
    | 'sip.inbound'
    | 'gather.dtmf'
    | 'gather.speech'
    | 'dial.action'
    | 'amd'
    | 'conversation-relay.action',
    Sample
  >
> = {
  'call.inbound': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CAc93bf9a243a391a65da5b60116ee9a5c', CallStatus: 'ringing' }),
      ['CallToken', '%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9.e30.example%22%7D'],
      ['StirVerstat', 'TN-Validation-Passed-A'],
    ],
  },
  'call.status': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
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
  'sip.inbound': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
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
  'gather.dtmf': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [...call({}), ['Digits', '1234'], ['FinishedOnKey', '#'], ['msg', 'Gather End']],
  },
  'gather.speech': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CAd7598ffc75749fb7aea0b45c9c036adc' }),
      ['SpeechResult', 'Ich möchte einen Tisch für zwei.'],
      ['Confidence', '0.9128386'],
      ['Language', 'de-DE'],
    ],
  },
  'dial.action': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CA5432119054bd7bec37076ce32c4b6bbd' }),
      ['DialCallSid', 'CA84a48e4ef7f7e73e9638d243aaae89b3'],
      ['DialCallStatus', 'completed'],
      ['DialCallDuration', '17'],
      ['DialBridged', 'true'],
    ],
  },
  amd: {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ['CallSid', 'CA19b76577493e431391abc507b537ce2f'],
      ['AccountSid', 'ACa42104b5c0081d28f69cc86620eae712'],
      ['AnsweredBy', 'machine_end_beep'],
      ['MachineDetectionDuration', '4521'],
    ],
  },
  'conversation-relay.action': {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    params: [
      ...call({ CallSid: 'CAf179293be3027d4fe86cd7a4f284a611' }),
      ['SessionId', 'VX258cb419d6960ba171260e83e1c2dbb3'],
      ['SessionStatus', 'ended'],
      ['SessionDuration', '35'],
      ['HandoffData', '{"reasonCode":"live-agent-handoff","reason":"The caller wants a person"}'],
    ],
  },
}
