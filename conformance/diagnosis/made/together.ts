import type { Pairs } from '../../kit/sign.ts'
import { type MadeRow, makeSetUps } from '../arrive.ts'
import { origin, otherToken, saying, sharedKey, token } from '../webhooks.ts'

const http = { publicUrl: 'http://app.example.com' }
const signed = (path: string): string => origin + path
const filledOnly = (pairs: Pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== ''))
const trimmed = (pairs: Pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, value.trim()]))

/** Two causes at once. */
const pairs: readonly MadeRow[] = [
  {
    name: 'http, and a prefix stripped that X-Forwarded-Prefix names',
    webhook: 'sms-inbound',
    options: http,
    spoil: () => ({ url: '/sms', headers: { 'x-forwarded-prefix': '/twilio', 'x-forwarded-proto': 'https' } }),
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'http, and the stage of API Gateway stripped',
    webhook: 'voice-gather-dtmf',
    wish: { url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/gather?step=2' },
    options: { publicUrl: 'http://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' },
    spoil: () => ({ url: '/gather?step=2' }),
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'localhost behind a tunnel',
    webhook: 'voice-inbound',
    wish: { url: 'https://b7c1.ngrok.app/voice' },
    options: { publicUrl: 'http://localhost:3000' },
    spoil: () => ({
      headers: { host: 'localhost:3000', 'x-forwarded-host': 'b7c1.ngrok.app', 'x-forwarded-proto': 'https' },
    }),
    expected: ['host', 'scheme'],
  },
  {
    name: 'the old tunnel, and its http',
    webhook: 'whatsapp-inbound-text',
    wish: { url: 'https://b7c1.ngrok.app/whatsapp' },
    options: { publicUrl: 'http://a41f.ngrok.app' },
    expected: ['host', 'scheme'],
  },
  {
    name: 'a port lacking, and a prefix stripped',
    webhook: 'message-status-delivered',
    wish: { url: 'https://app.example.com:8443/twilio/status' },
    spoil: () => ({ url: '/status', headers: { 'x-original-uri': '/twilio/status' } }),
    expected: ['path_prefix', 'port'],
  },
  {
    name: 'a port lacking, and http',
    webhook: 'conference-end',
    wish: { url: 'https://app.example.com:8443/twilio/conf' },
    options: http,
    expected: ['port', 'scheme'],
  },
  {
    name: 'a sorted query, and http',
    webhook: 'voice-dial-action',
    wish: { url: signed('/twilio/dial-done?tenant=7&agent=ana') },
    options: http,
    spoil: () => ({ url: '/twilio/dial-done?agent=ana&tenant=7' }),
    expected: ['query_order', 'scheme'],
  },
  {
    name: 'a query added, and a prefix stripped',
    webhook: 'taskrouter-event',
    wish: { url: signed('/api/taskrouter/events') },
    spoil: () => ({ url: '/taskrouter/events?path=taskrouter%2Fevents' }),
    expected: ['path_prefix', 'query_extra'],
  },
  {
    name: 'blanks dropped, and http',
    webhook: 'sms-inbound',
    options: http,
    spoil: (sent) => ({ params: filledOnly(sent.pairs) }),
    expected: ['params_blank_dropped', 'scheme'],
  },
  {
    name: 'blanks as null, and http',
    webhook: 'mms-inbound-two-media',
    options: http,
    spoil: (sent) => ({ params: Object.fromEntries(sent.pairs.map(([name, value]) => [name, value || null])) }),
    expected: ['params_null', 'scheme'],
  },
  {
    name: 'a text trimmed, and http',
    webhook: 'sms-inbound',
    wish: { pairs: saying('Body', 'On my way ') },
    options: http,
    spoil: (sent) => ({ params: trimmed(sent.pairs) }),
    expected: ['params_trimmed', 'scheme'],
  },
  {
    name: 'the token of a subaccount, and another host',
    webhook: 'subaccount-sms',
    wish: { token: otherToken, url: 'https://b7c1.ngrok.app/sms' },
    options: { publicUrl: 'https://a41f.ngrok.app', otherTokens: { subaccount: otherToken } },
    expected: ['host', 'token_of_other_account'],
  },
  {
    name: 'the token of a subaccount, and http',
    webhook: 'voice-status-completed',
    wish: { token: otherToken },
    options: { ...http, otherTokens: { subaccount: otherToken } },
    expected: ['scheme', 'token_of_other_account'],
  },
  {
    name: 'a slash added, and http',
    webhook: 'recording-completed',
    options: http,
    spoil: () => ({ url: '/twilio/recording/' }),
    expected: ['scheme', 'trailing_slash'],
  },
  {
    name: 'JSON written again, and a prefix stripped',
    webhook: 'studio-http-request-json',
    wish: { url: signed('/functions/v1/studio?flow=ivr') },
    spoil: ({ url, body = '' }) => ({
      url: url.replace(`${origin}/functions/v1`, ''),
      body: JSON.stringify(JSON.parse(body)),
    }),
    expected: ['body_reserialized', 'path_prefix'],
  },
  {
    name: 'JSON written again, and http',
    webhook: 'event-streams-batch',
    options: http,
    spoil: ({ body = '' }) => ({ body: JSON.stringify(JSON.parse(body), null, 2) }),
    expected: ['body_reserialized', 'scheme'],
  },
  {
    name: 'a line break added to JSON, and the host of an old tunnel',
    webhook: 'voice-intelligence-transcript',
    wish: { url: 'https://b7c1.ngrok.app/intelligence' },
    options: { publicUrl: 'https://a41f.ngrok.app' },
    spoil: ({ body }) => ({ body: `${body}\n` }),
    expected: ['body_whitespace', 'host'],
  },
  {
    name: 'a parameter of a form decoded twice and trimmed',
    webhook: 'sms-inbound',
    spoil: ({ pairs: all }) => ({
      params: Object.fromEntries(all.map(([name, value]) => [name, value.replaceAll('+', ' ').trim()])),
    }),
    expected: ['params_plus_as_space', 'params_trimmed'],
  },
  {
    name: 'plus signs as blanks, and http',
    webhook: 'voice-gather-speech',
    options: http,
    spoil: ({ body = '' }) => ({ body: body.replaceAll('%2B', '+') }),
    expected: ['params_plus_as_space', 'scheme'],
  },
  {
    name: 'the = of the signature lost, and http',
    webhook: 'conversationrelay-action',
    options: http,
    spoil: ({ headers }) => ({ headers: { 'x-twilio-signature': headers['x-twilio-signature']?.replace('=', '') } }),
    expected: ['scheme', 'signature_truncated'],
    or: [['scheme', 'signature_encoding']],
  },
  {
    name: 'a token with a line break, and http',
    webhook: 'debugger-event',
    options: { ...http, authToken: `${token}\n` },
    expected: ['scheme', 'token_whitespace'],
  },
  {
    name: 'the settings header lost, and http',
    webhook: 'sms-inbound-sharedkey-sha256',
    wish: { sharedKey },
    options: { ...http, sharedKeys: { [sharedKey.id]: sharedKey.secret } },
    spoil: () => ({ headers: { 'x-twilio-webhooks-signature-settings': undefined } }),
    expected: ['algorithm', 'scheme'],
    or: [['scheme', 'shared_key_unconfigured']],
  },
  {
    name: 'a form under the type of JSON, and http',
    webhook: 'conversations-onDeliveryUpdated',
    options: http,
    spoil: () => ({ headers: { 'content-type': 'application/json' } }),
    expected: ['form_taken_as_json', 'scheme'],
  },
  {
    name: 'the path decoded, and http',
    webhook: 'video-composition-available',
    wish: { url: signed('/%7Eacme/compositions') },
    options: http,
    spoil: () => ({ url: '/~acme/compositions' }),
    expected: ['path_encoding', 'scheme'],
  },
]

/** Three causes at once. */
const triples: readonly MadeRow[] = [
  {
    name: 'localhost behind a tunnel, and a prefix stripped',
    webhook: 'sms-inbound',
    wish: { url: 'https://b7c1.ngrok.app/hooks/sms' },
    options: { publicUrl: 'http://localhost:3000' },
    spoil: () => ({
      url: '/sms',
      headers: { host: 'localhost:3000', 'x-forwarded-host': 'b7c1.ngrok.app', 'x-forwarded-prefix': '/hooks' },
    }),
    expected: ['host', 'path_prefix', 'scheme'],
  },
  {
    name: 'http, a prefix stripped, and blanks dropped',
    webhook: 'mms-inbound-two-media',
    options: http,
    spoil: (sent) => ({
      url: '/sms',
      headers: { 'x-forwarded-prefix': '/twilio', 'x-forwarded-proto': 'https' },
      params: filledOnly(sent.pairs),
    }),
    expected: ['params_blank_dropped', 'path_prefix', 'scheme'],
  },
  {
    name: 'http, another host, and JSON written again',
    webhook: 'studio-http-request-json',
    wish: { url: 'https://b7c1.ngrok.app/studio' },
    options: { publicUrl: 'http://localhost:3000' },
    spoil: ({ body = '' }) => ({
      headers: { host: 'localhost:3000', 'x-forwarded-host': 'b7c1.ngrok.app', 'x-forwarded-proto': 'https' },
      body: JSON.stringify(JSON.parse(body)),
    }),
    expected: ['body_reserialized', 'host', 'scheme'],
  },
  {
    name: 'http, a slash added, and the token of a subaccount',
    webhook: 'voice-inbound',
    wish: { token: otherToken },
    options: { ...http, otherTokens: { subaccount: otherToken } },
    spoil: () => ({ url: '/twilio/voice/' }),
    expected: ['scheme', 'token_of_other_account', 'trailing_slash'],
  },
  {
    name: 'http, a port lacking, and a prefix stripped',
    webhook: 'message-status-delivered',
    wish: { url: 'https://app.example.com:8443/twilio/status' },
    options: http,
    spoil: () => ({ url: '/status', headers: { 'x-original-uri': '/twilio/status' } }),
    expected: ['path_prefix', 'port', 'scheme'],
  },
]

export const makeTogetherSetUps = () => makeSetUps([...pairs, ...triples])
