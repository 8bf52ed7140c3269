import { type MadeRow, makeSetUps } from '../arrive.ts'
import type { Sent } from '../webhooks.ts'

const respelled =
  (spell: (signature: string) => string | undefined) =>
  ({ headers }: Sent) => ({ headers: { 'x-twilio-signature': spell(headers['x-twilio-signature'] ?? '') } })

const curl = {
  'user-agent': 'curl/8.5.0',
  'i-twilio-idempotency-token': undefined,
  'x-home-region': undefined,
  'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
}

/** Changes of the signature header, and requests that are not from Twilio. */
const rows: readonly MadeRow[] = [
  {
    name: 'the signature header is lost',
    webhook: 'sms-inbound',
    spoil: respelled(() => undefined),
    expected: ['signature_missing'],
  },
  {
    name: 'the signature header is blank',
    webhook: 'event-streams-batch',
    spoil: respelled(() => ''),
    expected: ['signature_missing'],
  },
  {
    name: 'the = at the end of the signature is lost',
    webhook: 'voice-inbound',
    spoil: respelled((signature) => signature.replace('=', '')),
    expected: ['signature_truncated'],
    // Some encoders write no =.
    or: [['signature_encoding']],
  },
  {
    name: 'the last eight characters of the signature are lost',
    webhook: 'message-status-delivered',
    spoil: respelled((signature) => signature.slice(0, -8)),
    expected: ['signature_truncated'],
  },
  {
    name: 'the first half of the signature is left',
    webhook: 'conversations-onMessageAdded',
    spoil: respelled((signature) => signature.slice(0, 14)),
    expected: ['signature_truncated'],
  },
  {
    name: 'the signature is percent-encoded',
    webhook: 'sms-inbound',
    spoil: respelled(encodeURIComponent),
    expected: ['signature_encoding'],
  },
  {
    name: 'the signature is in the alphabet for URLs',
    webhook: 'recording-completed',
    wish: { pairs: (pairs) => [...pairs, ['Nonce', '2']] },
    spoil: respelled((signature) => signature.replaceAll('+', '-').replaceAll('/', '_')),
    expected: ['signature_encoding'],
  },
  {
    name: 'the signature is in hexadecimal',
    webhook: 'studio-http-request-json',
    spoil: respelled((signature) => Buffer.from(signature, 'base64').toString('hex')),
    expected: ['signature_encoding'],
  },
  {
    name: 'quotes around the signature',
    webhook: 'voice-sip-inbound',
    spoil: respelled((signature) => `"${signature}"`),
    expected: ['signature_encoding'],
  },
  {
    name: 'base64 of the signature once more',
    webhook: 'transcription-realtime-content',
    spoil: respelled((signature) => btoa(signature)),
    expected: ['signature_encoding'],
  },
  {
    name: 'a request of curl with a made-up signature',
    webhook: 'sms-inbound',
    spoil: () => ({
      headers: { ...curl, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Body=hello&From=me',
    }),
    expected: ['not_from_twilio'],
  },
  {
    name: 'a scanner that posts JSON',
    webhook: 'event-streams-batch',
    spoil: () => ({
      url: '/twilio/events',
      headers: { ...curl, 'user-agent': 'Mozilla/5.0 zgrab/0.x' },
      body: '{"id":1}',
    }),
    expected: ['not_from_twilio'],
  },
]

export const makeSignatureSetUps = () => makeSetUps(rows)
