import type { CauseId, DiagnosableRequest, DiagnoseOptions } from '../src/diagnose/index.ts'
import type { VerifierOptions } from '../src/index.ts'
import { accountSid, authToken, formType, naiveJoin, options, otherSid, otherToken, sha256, sign } from './requests.ts'

export type Pair = readonly [string, string]
export type DiagnosisOptions = VerifierOptions & DiagnoseOptions

/** One broken set-up: what was signed, what arrived, and what came in between. */
export interface Broken {
  readonly what: string
  readonly causes: readonly CauseId[]
  readonly request: DiagnosableRequest
  readonly options?: Partial<DiagnosisOptions>
  /** Nothing can undo it: the cause is named among the suspected, first. */
  readonly suspected?: true
}

export const sharedSecret = 'a-shared-secret-of-a-webhook-rule'
export const messageText = ' Call me at 8, the code is 4711 '

export const sms: readonly Pair[] = [
  ['ToCountry', 'US'],
  ['ToState', ''],
  ['SmsMessageSid', `SM${'a1'.repeat(16)}`],
  ['NumMedia', '0'],
  ['ToCity', ''],
  ['FromZip', '94103'],
  ['SmsSid', `SM${'a1'.repeat(16)}`],
  ['FromState', 'CA'],
  ['SmsStatus', 'received'],
  ['FromCity', 'SAN FRANCISCO'],
  ['Body', messageText],
  ['FromCountry', 'US'],
  ['To', '+12025550123'],
  ['ToZip', ''],
  ['NumSegments', '1'],
  ['MessageSid', `SM${'a1'.repeat(16)}`],
  ['AccountSid', accountSid],
  ['From', '+14155550142'],
  ['ApiVersion', '2010-04-01'],
]

const call: readonly Pair[] = [
  ['CallSid', `CA${'b2'.repeat(16)}`],
  ['CallStatus', 'in-progress'],
  ['Called', '+12025550123'],
  ['To', '+12025550123'],
  ['Caller', '+14155550142'],
  ['From', '+14155550142'],
  ['Direction', 'inbound'],
  ['AccountSid', accountSid],
  ['ApiVersion', '2010-04-01'],
  ['SpeechResult', 'I want to pay my bill'],
  ['Confidence', '0.9'],
]

const twilioHeaders = {
  host: 'api.example.com',
  'user-agent': 'TwilioProxy/1.1',
  'i-twilio-idempotency-token': '4ee9336a-3759-4449-a39c-c9a2f6f6ad63',
}

type Headers = Record<string, string | string[] | undefined>

interface Parts {
  readonly url?: string
  readonly headers?: Headers
  readonly params?: readonly Pair[]
  readonly body?: string | Uint8Array
  readonly secret?: string
  readonly sent?: readonly Pair[]
}

const toForm = (pairs: readonly Pair[]): string =>
  new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()

/** A form POST that Twilio signed for one URL and these parameters, and that arrived with others. */
export function post(
  signedUrl: string,
  { url, headers, params = sms, sent = params, body, secret = authToken }: Parts = {},
): DiagnosableRequest {
  return {
    method: 'POST',
    url: url ?? signedUrl.replace(/^[a-z]+:\/\/[^/?#]*/, ''),
    headers: {
      ...twilioHeaders,
      'content-type': formType,
      'x-twilio-signature': sign(signedUrl + naiveJoin(params), secret),
      ...headers,
    },
    body: body ?? toForm(sent),
  }
}

function get(signedUrl: string, { url, headers, secret = authToken }: Parts = {}): DiagnosableRequest {
  return {
    method: 'GET',
    url: url ?? signedUrl.replace(/^[a-z]+:\/\/[^/?#]*/, ''),
    headers: { ...twilioHeaders, 'x-twilio-signature': sign(signedUrl, secret), ...headers },
  }
}

const event = '{"id": "EV1", "text": "the code is 4711", "name": "Zo\\u00eb", "n": [1, 2]}\n'

/** A JSON POST whose body arrived as another. */
function json(sent: string, { url, headers, body = sent, secret = authToken }: Parts = {}): DiagnosableRequest {
  const signedUrl = `https://api.example.com/events?bodySHA256=${sha256(sent)}`
  return {
    method: 'POST',
    url: url ?? signedUrl.replace(/^[a-z]+:\/\/[^/?#]*/, ''),
    headers: {
      ...twilioHeaders,
      'content-type': 'application/json',
      'x-twilio-signature': sign(signedUrl, secret),
      ...headers,
    },
    body,
  }
}

function handshake(signed: string, headers: Headers = {}): DiagnosableRequest {
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
  return {
    handshake: true,
    method: 'GET',
    url: '/stream',
    headers: { ...twilioHeaders, ...upgrade, 'x-twilio-signature': sign(signed), ...headers },
  }
}

/** Without a body's bytes: what a framework's parser made of them. */
function parsed(
  params: unknown,
  signedPairs: readonly Pair[],
  url = 'https://api.example.com/sms',
): DiagnosableRequest {
  const { body: _, ...rest } = post(url, { params: signedPairs })
  return { ...rest, params: params as NonNullable<DiagnosableRequest['params']> }
}

export const optionsFor = (broken: Broken): DiagnosisOptions => ({ ...options, ...broken.options })

const origin = 'https://api.example.com'
const without = (...names: string[]): readonly Pair[] => sms.filter(([name]) => !names.includes(name))
const mapped = (change: (value: string, name: string) => string, pairs = sms): readonly Pair[] =>
  pairs.map(([name, value]) => [name, change(value, name)] as const)
const toObject = (pairs: readonly Pair[]): Record<string, string> => Object.fromEntries(pairs)
const signature = sign(`${origin}/sms${naiveJoin(sms)}`)
const withSignature = (value: string | string[] | undefined): DiagnosableRequest =>
  post(`${origin}/sms`, { headers: { 'x-twilio-signature': value } })
const rfc2822Date = 'Wed, 25 Nov 2026 21:40:00 +0000'
const group: readonly Pair[] = [
  ['EventType', 'onConversationAdded'],
  ['AccountSid', accountSid],
  ['ChatServiceSid', `IS${'c3'.repeat(16)}`],
  ['ConversationSid', `CH${'d4'.repeat(16)}`],
  ['MessagingBinding.Address', '+14155550142'],
  ['MessagingBinding.Address', '+14155550199'],
  ['MessagingBinding.ProxyAddress', '+12025550123'],
]
const keyed = { 'x-twilio-webhooks-signature-settings': 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256' }
const sha256Signed = (secret: string): string => sign(`${origin}/sms${naiveJoin(sms)}`, secret, 'sha256')

/** Each cause at least once, and alone. */
export const brokenAlone: readonly Broken[] = [
  {
    what: 'a step of a call',
    causes: ['scheme'],
    request: post(`${origin}/gather`, { params: call }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'the app sees http',
    causes: ['scheme'],
    request: post(`${origin}/sms`),
    options: { publicUrl: 'http://api.example.com' },
  },
  { what: 'Twilio uses http', causes: ['scheme'], request: post('http://api.example.com/sms') },
  {
    what: 'the Host header differs from publicUrl',
    causes: ['host'],
    request: post('https://hooks.example.com/sms', { headers: { host: 'hooks.example.com' } }),
  },
  {
    what: 'a proxy names the host',
    causes: ['host'],
    request: post('https://hooks.example.com/sms', { headers: { 'x-forwarded-host': 'a.example, hooks.example.com' } }),
  },
  {
    what: 'an old host',
    causes: ['host'],
    request: post('https://old.example.com/sms'),
    options: { otherHosts: ['old.example.com'] },
  },
  {
    what: 'a Forwarded host',
    causes: ['host'],
    request: post('https://f.example.com/sms', {
      headers: { forwarded: 'for=1.2.3.4;host="f.example.com";proto=https' },
    }),
  },
  {
    what: 'a host outside the list',
    causes: ['host'],
    request: post(`${origin}/sms`, { headers: { host: 'localhost:3000' } }),
    options: { publicUrl: [origin, 'https://b.example.com'] },
  },
  {
    what: 'a host in capitals',
    causes: ['host_case'],
    request: post('https://API.Example.com/sms', { headers: { host: 'API.Example.com' } }),
  },
  {
    what: 'publicUrl in capitals',
    causes: ['host_case'],
    request: post(`${origin}/sms`),
    options: { publicUrl: 'https://API.example.com' },
  },
  {
    what: 'a port in the console',
    causes: ['port'],
    request: post('https://api.example.com:8443/sms', { headers: { 'x-forwarded-port': '8443' } }),
  },
  { what: 'a usual port', causes: ['port'], request: post('https://api.example.com:3000/sms') },
  {
    what: 'a stripped prefix, told by the proxy',
    causes: ['path_prefix'],
    request: post(`${origin}/hooks7/sms`, { url: '/sms', headers: { 'x-forwarded-prefix': '/hooks7' } }),
  },
  {
    what: 'a stripped prefix, in X-Original-URL',
    causes: ['path_prefix'],
    request: post(`${origin}/hooks7/sms`, { url: '/sms', headers: { 'x-original-url': '/hooks7/sms' } }),
  },
  { what: 'an added prefix', causes: ['path_prefix'], request: post(`${origin}/sms`, { url: '/internal/sms' }) },
  { what: 'Supabase', causes: ['path_prefix'], request: post(`${origin}/functions/v1/sms`, { url: '/sms' }) },
  { what: 'API Gateway', causes: ['path_prefix'], request: post(`${origin}/prod/sms`, { url: '/sms' }) },
  { what: 'Netlify', causes: ['path_prefix'], request: post(`${origin}/.netlify/functions/sms`, { url: '/sms' }) },
  {
    what: 'a prefix of one’s own',
    causes: ['path_prefix'],
    request: post(`${origin}/t-7/sms`, { url: '/sms' }),
    options: { prefixes: ['/t-7'] },
  },
  {
    what: 'a mount point that is the whole path',
    causes: ['path_prefix'],
    request: post(`${origin}/t-7/sms`, { url: '/' }),
    options: { prefixes: ['/t-7/sms'] },
  },
  {
    what: 'publicUrl repeats the prefix',
    causes: ['path_prefix'],
    request: post(`${origin}/hooks7/sms`),
    options: { publicUrl: `${origin}/hooks7` },
  },
  {
    what: 'a decoded path',
    causes: ['path_encoding'],
    request: post(`${origin}/sms/caf%C3%A9/a%20b`, { url: '/sms/café/a%20b' }),
  },
  {
    what: 'an encoded path',
    causes: ['path_encoding'],
    request: post(`${origin}/sms/user:7@x`, { url: '/sms/user%3A7%40x' }),
  },
  {
    what: 'lower-case hex',
    causes: ['path_encoding'],
    request: post(`${origin}/sms/caf%C3%A9`, { url: '/sms/caf%c3%a9' }),
  },
  { what: 'a decoded slash', causes: ['path_encoding'], request: post(`${origin}/sms/a%2Fb`, { url: '/sms/a/b' }) },
  { what: 'a slash added', causes: ['trailing_slash'], request: post(`${origin}/sms`, { url: '/sms/' }) },
  { what: 'a slash dropped', causes: ['trailing_slash'], request: post(`${origin}/sms/`, { url: '/sms' }) },
  { what: 'an index page', causes: ['trailing_slash'], request: post(`${origin}/sms/`, { url: '/sms/index.php' }) },
  {
    what: 'signed with its userinfo',
    causes: ['userinfo'],
    request: post('https://user:pass@api.example.com/sms'),
    options: { publicUrl: 'https://user:pass@api.example.com' },
  },
  {
    what: 'userinfo from Basic authentication',
    causes: ['userinfo'],
    request: post('https://user:pass@api.example.com/sms', {
      headers: { authorization: `Basic ${btoa('user:pass')}` },
    }),
  },
  { what: 'a fragment handed over', causes: ['fragment'], request: post(`${origin}/sms`, { url: '/sms#rc=2' }) },
  {
    what: 'a fragment signed',
    causes: ['fragment'],
    request: post(`${origin}/sms#rc=2`, { url: '/sms' }),
    options: { publicUrl: `${origin}#rc=2` },
  },
  { what: 'a handshake signed as https', causes: ['websocket_scheme'], request: handshake(`${origin}/stream`) },
  {
    what: 'a handshake without its Upgrade',
    causes: ['websocket_scheme'],
    request: { ...handshake('wss://api.example.com/stream', { upgrade: undefined }), handshake: false },
  },
  {
    what: 'a handshake at a route that does not open sockets',
    causes: ['websocket_scheme'],
    request: { ...handshake('wss://api.example.com/stream'), handshake: false },
  },
  {
    what: 'a lost query',
    causes: ['query_missing'],
    request: post(`${origin}/sms?tenant=7`, { url: '/sms', headers: { 'x-original-uri': '/sms?tenant=7' } }),
  },
  {
    what: 'an added parameter',
    causes: ['query_extra'],
    request: post(`${origin}/sms?tenant=7`, { url: '/sms?tenant=7&x-vercel-id=1' }),
  },
  { what: 'a query of the proxy', causes: ['query_extra'], request: post(`${origin}/sms`, { url: '/sms?route=sms' }) },
  {
    what: 'a sorted query',
    causes: ['query_order'],
    request: get(`${origin}/v?z=1&a=2&m=3`, { url: '/v?a=2&m=3&z=1' }),
  },
  { what: '%20 for +', causes: ['query_encoding'], request: get(`${origin}/v?a=x+y`, { url: '/v?a=x%20y' }) },
  {
    what: 'a query written as a form',
    causes: ['query_encoding'],
    request: get(`${origin}/v?a=x:y@z,(1)`, { url: '/v?a=x%3Ay%40z%2C%281%29' }),
  },
  {
    what: 'a decoded query',
    causes: ['query_encoding'],
    request: get(`${origin}/v?a=x%3Ay%40z`, { url: '/v?a=x:y@z' }),
  },
  {
    what: 'query and parameters as one',
    causes: ['query_counted_as_params'],
    request: parsed({ tenant: '7', ...toObject(sms) }, sms, `${origin}/sms?tenant=7`),
  },
  {
    what: 'a GET with its query as parameters',
    causes: ['query_counted_as_params'],
    request: { ...get(`${origin}/v?a=1&b=2`), params: { a: '1', b: '2' } },
  },
  {
    what: 'trimmed values',
    causes: ['params_trimmed'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value.trim()) }),
  },
  {
    what: 'a trimmed line break',
    causes: ['params_trimmed'],
    request: post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? 'Hello\n' : value)),
      sent: mapped((value, name) => (name === 'Body' ? 'Hello' : value)),
    }),
  },
  {
    what: 'dropped blanks',
    causes: ['params_blank_dropped'],
    request: post(`${origin}/sms`, { sent: sms.filter(([, value]) => value !== '') }),
  },
  {
    what: 'one dropped blank',
    causes: ['params_blank_dropped'],
    request: post(`${origin}/sms`, { sent: without('ToCity') }),
  },
  {
    what: 'repeats joined by a comma',
    causes: ['params_repeats_dropped'],
    request: post(`${origin}/sms`, {
      params: group,
      sent: [
        ...group.filter(([name]) => name !== 'MessagingBinding.Address'),
        ['MessagingBinding.Address', '+14155550142,+14155550199'],
      ],
    }),
  },
  {
    what: 'the last of two repeats',
    causes: ['params_repeats_dropped'],
    request: post(`${origin}/sms`, { params: group, sent: group.filter((_, index) => index !== 4) }),
    suspected: true,
  },
  {
    what: 'a form decoded twice',
    causes: ['params_plus_as_space'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value.replaceAll('+', ' ')) }),
  },
  {
    what: 'a form decoded twice, with a sum in its text',
    causes: ['params_plus_as_space'],
    request: post(`${origin}/sms`, {
      params: [...sms.filter(([name]) => name !== 'Body'), ['Body', 'one + two'], ['Timestamp', rfc2822Date]],
      sent: [
        ...mapped(
          (value) => value.replaceAll('+', ' '),
          sms.filter(([name]) => name !== 'Body'),
        ),
        ['Body', 'one   two'],
        ['Timestamp', rfc2822Date.replace('+', ' ')],
      ],
    }),
  },
  {
    what: 'a form not decoded',
    causes: ['params_plus_as_space'],
    request: post(`${origin}/sms`, { sent: mapped((value) => encodeURIComponent(value)) }),
  },
  {
    what: 'spaces as plus',
    causes: ['params_plus_as_space'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value.replaceAll(' ', '+')) }),
  },
  {
    what: 'brackets made an array',
    causes: ['params_nested'],
    request: parsed({ ...toObject(sms), Media: ['a', 'b'] }, [...sms, ['Media[0]', 'a'], ['Media[1]', 'b']]),
  },
  {
    what: 'dots made an object',
    causes: ['params_nested'],
    request: parsed({ ...toObject(sms), Binding: { Address: 'x', Proxy: { A: 'y' } } }, [
      ...sms,
      ['Binding.Address', 'x'],
      ['Binding.Proxy.A', 'y'],
    ]),
  },
  {
    what: 'blanks made null',
    causes: ['params_null'],
    request: parsed(Object.fromEntries(sms.map(([name, value]) => [name, value === '' ? null : value])), sms),
  },
  {
    what: 'blanks made "undefined"',
    causes: ['params_null'],
    request: post(`${origin}/sms`, { sent: mapped((value) => value || 'undefined') }),
  },
  {
    what: 'a lost parameter',
    causes: ['params_missing'],
    request: post(`${origin}/sms`, { sent: without('SmsMessageSid') }),
  },
  {
    what: 'a form that no parser read',
    causes: ['params_missing'],
    request: parsed({}, sms),
    suspected: true,
  },
  {
    what: 'a parameter of the app',
    causes: ['params_missing'],
    request: post(`${origin}/sms`, { sent: [...sms, ['_csrf', '1f2e3d']] }),
  },
  {
    what: 'JSON written anew',
    causes: ['body_reserialized'],
    request: json(event.trim(), { body: JSON.stringify(JSON.parse(event)) }),
  },
  { what: 'JSON indented', causes: ['body_reserialized'], request: json('{"a":1}', { body: '{\n  "a": 1\n}' }) },
  {
    what: 'JSON that nothing restores',
    causes: ['body_reserialized'],
    request: json('{"a":1.0,"b": 2}', { body: '{"a":1,"b":2}' }),
    suspected: true,
  },
  { what: 'a trimmed body', causes: ['body_whitespace'], request: json('{"a":1}\r\n', { body: '{"a":1}' }) },
  { what: 'a byte order mark', causes: ['body_whitespace'], request: json('{"a":1}', { body: '\ufeff{"a":1}' }) },
  { what: 'CRLF for LF', causes: ['body_whitespace'], request: json('{\n"a":1\n}\n', { body: '{\r\n"a":1\r\n}\r\n' }) },
  { what: 'bodySHA256 lost', causes: ['body_hash_missing'], request: json(event, { url: '/events' }) },
  {
    what: 'JSON with a form’s type',
    causes: ['json_taken_as_form'],
    request: json(event, { headers: { 'content-type': formType } }),
  },
  {
    what: 'a form with the type of JSON',
    causes: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { headers: { 'content-type': 'application/json' } }),
  },
  {
    what: 'a form without a type',
    causes: ['form_taken_as_json'],
    request: post(`${origin}/sms`, { headers: { 'content-type': undefined } }),
  },
  {
    what: 'a body that was read',
    causes: ['body_already_parsed'],
    request: { ...post(`${origin}/sms`), body: { consumedBy: 'express.json()', fix: 'Mount it later.' } },
    suspected: true,
  },
  {
    what: 'a body that was parsed',
    causes: ['body_already_parsed'],
    request: { ...post(`${origin}/sms`), body: toObject(sms) as never },
  },
  {
    what: 'JSON that was read',
    causes: ['body_already_parsed'],
    request: { ...json(event), body: { consumedBy: 'express.json()', fix: 'Mount it later.' } },
  },
  {
    what: 'a drained stream',
    causes: ['body_already_parsed'],
    request: post(`${origin}/sms`, { body: '', headers: { 'content-length': '312' } }),
    suspected: true,
  },
  {
    what: 'another account’s token',
    causes: ['token_of_other_account'],
    request: post(`${origin}/sms`, { secret: otherToken }),
    options: { otherTokens: { subaccount: otherToken } },
  },
  {
    what: 'a token filed under another account',
    causes: ['token_of_other_account'],
    request: post(`${origin}/sms`, { secret: otherToken }),
    options: { authToken: { [accountSid]: authToken, [otherSid]: otherToken } },
  },
  {
    what: 'an account without a token',
    causes: ['token_of_other_account'],
    request: post(`${origin}/sms`, { secret: 'e'.repeat(32) }),
    options: { authToken: { [otherSid]: otherToken } },
    suspected: true,
  },
  {
    what: 'an account that is not allowed',
    causes: ['token_of_other_account'],
    request: post(`${origin}/sms`),
    options: { accountSid: otherSid },
  },
  {
    what: 'a token with a line break',
    causes: ['token_whitespace'],
    request: post(`${origin}/sms`),
    options: { authToken: `${authToken}\n` },
  },
  {
    what: 'a blank token',
    causes: ['token_whitespace'],
    request: post(`${origin}/sms`),
    options: { authToken: '  ' },
    suspected: true,
  },
  {
    what: 'a token in quotes',
    causes: ['token_quoted'],
    request: post(`${origin}/sms`),
    options: { authToken: `"${authToken}"` },
  },
  {
    what: 'an API key’s SID',
    causes: ['token_is_api_key'],
    request: post(`${origin}/sms`),
    options: { authToken: `SK${authToken}` },
    suspected: true,
  },
  {
    what: 'an API key’s SID beside the token',
    causes: ['token_is_api_key'],
    request: post(`${origin}/sms`),
    options: { authToken: `SK${otherToken}`, otherTokens: { main: authToken } },
  },
  {
    what: 'an API key’s secret',
    causes: ['token_is_api_key'],
    request: post(`${origin}/sms`),
    options: { authToken: 'Zx9'.repeat(10).concat('Qw') },
    suspected: true,
  },
  {
    what: 'an AccountSid as token',
    causes: ['token_is_account_sid'],
    request: post(`${origin}/sms`),
    options: { authToken: accountSid },
    suspected: true,
  },
  {
    what: 'AccountSid and token as one',
    causes: ['token_is_account_sid'],
    request: post(`${origin}/sms`),
    options: { authToken: `${accountSid}:${authToken}` },
  },
  {
    what: 'a SharedKey without a secret',
    causes: ['shared_key_unconfigured'],
    request: post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    suspected: true,
  },
  {
    what: 'a SharedKey under another id',
    causes: ['shared_key_unconfigured'],
    request: post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    options: { sharedKeys: { other: sharedSecret } },
  },
  {
    what: 'a SharedKey’s secret in quotes',
    causes: ['token_quoted'],
    request: post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    options: { sharedKeys: { webhooks_sharedkey_1: `"${sharedSecret}"` } },
  },
  {
    what: 'a SharedKey’s secret with a line break',
    causes: ['token_whitespace'],
    request: post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    options: { sharedKeys: { webhooks_sharedkey_1: { secret: `${sharedSecret}\n`, accountSid } } },
  },
  {
    what: 'a SharedKey whose secret is empty',
    causes: ['token_whitespace'],
    request: post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    options: { sharedKeys: { webhooks_sharedkey_1: '' } },
    suspected: true,
  },
  {
    what: 'a SharedKey whose secret is a placeholder',
    causes: ['shared_key_unconfigured'],
    request: post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    options: { sharedKeys: { webhooks_sharedkey_1: '<secret>' } },
    suspected: true,
  },
  {
    what: 'a dropped settings header',
    causes: ['shared_key_unconfigured'],
    request: post(`${origin}/sms`, { headers: { 'x-twilio-signature': sha256Signed(sharedSecret) } }),
    options: { sharedKeys: { webhooks_sharedkey_1: sharedSecret } },
  },
  {
    what: 'an Auth Token with SHA-256',
    causes: ['algorithm'],
    request: post(`${origin}/sms`, { headers: { 'x-twilio-signature': sha256Signed(authToken) } }),
  },
  {
    what: 'a SharedKey with SHA-1',
    causes: ['algorithm'],
    request: post(`${origin}/sms`, {
      headers: { ...keyed, 'x-twilio-signature': sign(`${origin}/sms${naiveJoin(sms)}`, sharedSecret) },
    }),
    options: { sharedKeys: { webhooks_sharedkey_1: sharedSecret } },
  },
  {
    what: 'an unknown algorithm',
    causes: ['algorithm'],
    request: post(`${origin}/sms`, {
      headers: {
        'x-twilio-webhooks-signature-settings': 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA512',
        'x-twilio-signature': sha256Signed('x'),
      },
    }),
    options: { sharedKeys: { webhooks_sharedkey_1: sharedSecret } },
    suspected: true,
  },
  { what: 'no signature', causes: ['signature_missing'], request: withSignature(undefined), suspected: true },
  { what: 'a signature cut off', causes: ['signature_truncated'], request: withSignature(signature.slice(0, 18)) },
  { what: 'a signature twice', causes: ['signature_truncated'], request: withSignature(`${signature}, ${signature}`) },
  { what: 'two signature headers', causes: ['signature_truncated'], request: withSignature([signature, signature]) },
  {
    what: 'a URL-safe signature',
    causes: ['signature_encoding'],
    request: withSignature(signature.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')),
  },
  {
    what: 'a signature in hex',
    causes: ['signature_encoding'],
    request: withSignature(Buffer.from(signature, 'base64').toString('hex')),
  },
  { what: 'a quoted signature', causes: ['signature_encoding'], request: withSignature(`"${signature}"`) },
  {
    what: 'a percent-encoded signature',
    causes: ['signature_encoding'],
    request: withSignature(encodeURIComponent(signature)),
  },
  {
    what: 'a request of curl',
    causes: ['not_from_twilio'],
    request: post(`${origin}/sms`, {
      secret: 'made up',
      headers: { 'user-agent': 'curl/8.5.0', 'i-twilio-idempotency-token': undefined },
    }),
    suspected: true,
  },
]

/** What goes wrong together. */
export const brokenTogether: readonly Broken[] = [
  {
    what: 'a prefix behind an http proxy',
    causes: ['scheme', 'path_prefix'],
    request: post(`${origin}/hooks7/sms`, {
      url: '/sms',
      headers: { 'x-forwarded-prefix': '/hooks7', 'x-forwarded-proto': 'https' },
    }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'scheme and host',
    causes: ['scheme', 'host'],
    request: post(`${origin}/sms`, { headers: { host: 'localhost:3000', 'x-forwarded-host': 'api.example.com' } }),
    options: { publicUrl: 'http://localhost:3000' },
  },
  {
    what: 'scheme and slash',
    causes: ['scheme', 'trailing_slash'],
    request: post(`${origin}/sms`, { url: '/sms/' }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'host and port',
    causes: ['host', 'port'],
    request: post('https://hooks.example.com:8443/sms', { headers: { host: 'hooks.example.com:8443' } }),
  },
  {
    what: 'trimmed and nulled',
    causes: ['params_trimmed', 'params_null'],
    request: parsed(Object.fromEntries(sms.map(([name, value]) => [name, value.trim() || null])), sms),
  },
  {
    what: 'trimmed and blanks dropped',
    causes: ['params_trimmed', 'params_blank_dropped'],
    request: post(`${origin}/sms`, {
      sent: sms.map(([name, value]) => [name, value.trim()] as const).filter(([, value]) => value !== ''),
    }),
  },
  {
    what: 'scheme and blanks',
    causes: ['scheme', 'params_blank_dropped'],
    request: post(`${origin}/sms`, { sent: sms.filter(([, value]) => value !== '') }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'scheme and token',
    causes: ['scheme', 'token_whitespace'],
    request: post(`${origin}/sms`),
    options: { publicUrl: 'http://api.example.com', authToken: ` ${authToken}` },
  },
  {
    what: 'prefix and token',
    causes: ['path_prefix', 'token_quoted'],
    request: post(`${origin}/api/sms`, { url: '/sms' }),
    options: { authToken: `'${authToken}'` },
  },
  {
    what: 'token spaced and quoted',
    causes: ['token_whitespace', 'token_quoted'],
    request: post(`${origin}/sms`),
    options: { authToken: `"${authToken}\n"` },
  },
  {
    what: 'hash lost, JSON written anew',
    causes: ['body_hash_missing', 'body_reserialized'],
    request: json(event.trim(), { url: '/events', body: JSON.stringify(JSON.parse(event)) }),
  },
  {
    what: 'JSON written anew and trimmed',
    causes: ['body_reserialized', 'body_whitespace'],
    request: json(event, { body: JSON.stringify(JSON.parse(event)) }),
  },
  {
    what: 'scheme and JSON written anew',
    causes: ['scheme', 'body_reserialized'],
    request: json(event.trim(), { body: JSON.stringify(JSON.parse(event)) }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'order and encoding',
    causes: ['query_order', 'query_encoding'],
    request: get(`${origin}/v?z=a+b&a=2`, { url: '/v?a=2&z=a%20b' }),
  },
  {
    what: 'scheme and query',
    causes: ['scheme', 'query_encoding'],
    request: get(`${origin}/v?z=a:b&a=2`, { url: '/v?z=a%3Ab&a=2' }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'plus lost and trimmed',
    causes: ['params_plus_as_space', 'params_trimmed'],
    request: post(`${origin}/sms`, {
      params: sms.map(([name, value]) => [name, name === 'Body' ? 'Hi' : value] as const),
      sent: sms.map(([name, value]) => [name, name === 'Body' ? 'Hi' : value.replaceAll('+', ' ').trim()] as const),
    }),
  },
  {
    what: 'signature spelled anew behind http',
    causes: ['scheme', 'signature_encoding'],
    request: withSignature(encodeURIComponent(signature)),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'three of a proxy',
    causes: ['scheme', 'host', 'path_prefix'],
    request: post(`${origin}/hooks7/sms`, {
      url: '/sms',
      headers: { host: 'localhost:3000', 'x-forwarded-host': 'api.example.com', 'x-forwarded-prefix': '/hooks7' },
    }),
    options: { publicUrl: 'http://localhost:3000' },
  },
  {
    what: 'three of a framework',
    causes: ['scheme', 'trailing_slash', 'params_trimmed'],
    request: post(`${origin}/sms`, { url: '/sms/', sent: mapped((value) => value.trim()) }),
    options: { publicUrl: 'http://api.example.com' },
  },
  {
    what: 'prefix, blanks and token',
    causes: ['path_prefix', 'params_blank_dropped', 'token_whitespace'],
    request: post(`${origin}/api/sms`, { url: '/sms', sent: sms.filter(([, value]) => value !== '') }),
    options: { authToken: `${authToken} ` },
  },
]
