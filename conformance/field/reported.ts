import { gzipSync } from 'node:zlib'
import { fromRequest, type VerifierOptions } from 'tollgate'
import type { CauseId, DiagnosableRequest, DiagnoseOptions } from 'tollgate/diagnose'
import twilio from 'twilio'

/** A broken set-up that someone reported in public, as the request that reached the verifier. */
export interface Reported {
  readonly name: string
  /** The issue, or the words to look it up. */
  readonly source: string
  readonly request: DiagnosableRequest
  readonly options: VerifierOptions
  /**
   * The causes. With `?`, nothing is proven, and it is the first of those that are left. None: it
   * verifies.
   */
  readonly expected: readonly (CauseId | `?${CauseId}`)[]
  /** Does what the printed fix says, if that is no option to copy. */
  readonly mend?: ((reported: Reported) => Partial<Pick<Reported, 'request' | 'options'>>) | undefined
  readonly hints?: DiagnoseOptions | undefined
}

type Params = Readonly<Record<string, string | string[]>>

interface Arrival extends Partial<DiagnosableRequest> {
  /** The request target, if something on the way changed it. */
  readonly target?: string
  readonly host?: string
  readonly params?: Params
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const A = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'
const B = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const AC = `AC${'7'.repeat(32)}`
const SUB = `AC${'8'.repeat(32)}`
const SM = `SM${'5'.repeat(32)}`
const CA = `CA${'6'.repeat(32)}`
const sms = {
  ToCountry: 'US',
  ToState: 'CA',
  SmsMessageSid: SM,
  NumMedia: '0',
  ToCity: '',
  FromZip: '',
  SmsSid: SM,
  FromState: 'MI',
  SmsStatus: 'received',
  FromCity: '',
  Body: "you're so smart & <b>kind</b> 🙂",
  FromCountry: 'US',
  To: '+14155550100',
  ToZip: '',
  NumSegments: '1',
  MessageSid: SM,
  AccountSid: AC,
  From: '+14155550123',
  ApiVersion: '2010-04-01',
}
const status = {
  SmsSid: SM,
  SmsStatus: 'delivered',
  MessageStatus: 'delivered',
  To: '+14805550100',
  MessageSid: SM,
  AccountSid: AC,
  From: '+17205550123',
  ApiVersion: '2010-04-01',
}
const voice = {
  AccountSid: AC,
  ApiVersion: '2010-04-01',
  CallSid: CA,
  CallStatus: 'ringing',
  Called: '+14155550100',
  CalledCity: 'SAN RAFAEL',
  CalledCountry: 'US',
  CalledState: 'CA',
  CalledZip: '94903',
  Caller: '+14155550123',
  CallerCity: 'TROY',
  CallerCountry: 'US',
  CallerState: 'MI',
  CallerZip: '48084',
  Direction: 'inbound',
  From: '+14155550123',
  FromCity: 'TROY',
  FromCountry: 'US',
  FromState: 'MI',
  FromZip: '48084',
  To: '+14155550100',
  ToCity: 'SAN RAFAEL',
  ToCountry: 'US',
  ToState: 'CA',
  ToZip: '94903',
}
const form = (params: Params): string =>
  new URLSearchParams(
    Object.entries(params).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
  ).toString()

function makeHeaders(url: string, host = new URL(url).host): Record<string, string> {
  return { host, 'user-agent': 'TwilioProxy/1.1', 'i-twilio-idempotency-token': '6b8b1d3e' }
}

/** Cuts scheme and host off, and keeps the rest as it is written. */
const toTarget = (url: string): string => url.slice(url.indexOf('/', 8))

/** A form that Twilio's own package signed for a URL. */
function post(url: string, arrival: Arrival = {}) {
  const { target = toTarget(url), host, params = sms, token = A, headers, body = form(params), ...rest } = arrival
  const signature = twilio.getExpectedTwilioSignature(token, url, params)
  return {
    method: 'POST',
    url: target,
    headers: {
      ...makeHeaders(url, host),
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'content-length': `${Buffer.byteLength(body)}`,
      'x-twilio-signature': signature,
      ...headers,
    } as Record<string, string>,
    body: Buffer.from(body),
    ...rest,
  }
}

function postUnsigned(url: string, headers: Readonly<Record<string, string>>) {
  const request = post(url, { params: status, headers })
  delete request.headers['x-twilio-signature']
  return request
}

function get(url: string, { target = toTarget(url), host, token = A, headers, ...rest }: Arrival = {}) {
  const signature = twilio.getExpectedTwilioSignature(token, url, {})
  return {
    method: 'GET',
    url: target,
    headers: { ...makeHeaders(url, host), 'x-twilio-signature': signature, ...headers } as Record<string, string>,
    ...rest,
    params: undefined,
    body: undefined,
  }
}

function json(url: string, text: string, { target, body = text }: Arrival = {}) {
  const signed = `${url}${url.includes('?') ? '&' : '?'}bodySHA256=${twilio.getExpectedBodyHash(text)}`
  return {
    method: 'POST',
    url: target ?? toTarget(signed),
    headers: {
      ...makeHeaders(url),
      'content-type': 'application/json',
      'x-twilio-signature': twilio.getExpectedTwilioSignature(A, signed, {}),
    } as Record<string, string>,
    body: Buffer.from(body),
  }
}

const strip = (prefix: string, request: ReturnType<typeof json>): ReturnType<typeof json> => ({
  ...request,
  url: request.url.replace(prefix, ''),
})

const O = 'https://app.example.com'
const parsed = (request: ReturnType<typeof post>, params: unknown) => ({ ...request, body: undefined, params })
const event = `{"specversion":"1.0","type":"com.twilio.messaging.message.delivered","data":{"accountSid":"${AC}", "price":1.0,"to":"+14155550100","text":"caf\\u00e9"}}`
const gq = form({ ...voice, Digits: '1' })

/** All set-ups. */
export const reported: Reported[] = []

function add(
  name: string,
  source: string,
  request: object,
  options: VerifierOptions,
  expected: Reported['expected'],
  mend?: Reported['mend'],
  hints?: DiagnoseOptions,
): void {
  reported.push({
    name,
    source,
    request: request as DiagnosableRequest,
    options: { authToken: A, ...options },
    expected,
    mend,
    hints,
  })
}

const addApp: typeof add = (name, source, request, options, ...rest) =>
  add(name, source, request, { publicUrl: O, ...options }, ...rest)

// ---- scheme and host
add(
  'ngrok https, app builds http',
  'twilio-node#321',
  post('https://0caf12.ngrok.io/voice', {
    params: voice,
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '54.1.2.3' },
  }),
  { publicUrl: 'http://0caf12.ngrok.io' },
  ['scheme'],
)
add(
  'Heroku, http',
  'twilio-node#505',
  post('https://poc.herokuapp.com/sms', {
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443', via: '1.1 vegur' },
  }),
  { publicUrl: 'http://poc.herokuapp.com' },
  ['scheme'],
)
add(
  'no proxy headers at all',
  'node-twilio-api#13',
  post('https://api.example.com/twilio'),
  { publicUrl: 'http://api.example.com' },
  ['scheme'],
)
add(
  'gunicorn behind ingress',
  'django-twilio#196',
  post('https://app.example.com/newsms/', {
    host: 'app.example.com',
    headers: { 'x-forwarded-proto': 'https', 'x-scheme': 'https', 'x-forwarded-host': 'app.example.com' },
  }),
  { publicUrl: 'http://app.example.com' },
  ['scheme'],
)
add(
  'pod ip and port',
  'omi#5541',
  post('https://api.omi.example/v1/phone/twiml', {
    params: voice,
    host: '10.4.0.17:8080',
    headers: { 'x-forwarded-host': 'api.omi.example', 'x-forwarded-proto': 'https' },
  }),
  { publicUrl: 'http://10.4.0.17:8080' },
  ['host', 'scheme'],
)
add(
  'local assistant port',
  'vellum#5235',
  post('https://asst.example.dev/v1/calls/twilio', { params: voice, host: '127.0.0.1:7821' }),
  { publicUrl: 'http://127.0.0.1:7821' },
  ['?host'],
)
add(
  'the same, other url named',
  'vellum#5260',
  post('https://asst.example.dev/v1/calls/twilio', { params: voice, host: '127.0.0.1:7821' }),
  { publicUrl: 'http://127.0.0.1:7821' },
  ['host', 'port', 'scheme'],
  undefined,
  { otherUrls: ['https://asst.example.dev/v1/calls/twilio'] },
)
add(
  'tunnel restarted, old name',
  'scenario#983',
  post('https://new-name.trycloudflare.com/twilio/voice', {
    params: voice,
    headers: { 'cf-ray': '1', 'cf-visitor': '{"scheme":"https"}', 'x-forwarded-proto': 'https' },
  }),
  { publicUrl: 'https://old-name.trycloudflare.com' },
  ['host'],
)
add(
  'ngrok --host-header=rewrite',
  'ngrok host-header',
  post('https://1a2b.ngrok-free.app/sms', {
    host: 'localhost:3000',
    headers: { 'x-forwarded-host': '1a2b.ngrok-free.app', 'x-forwarded-proto': 'https' },
  }),
  { publicUrl: 'http://localhost:3000' },
  ['host', 'scheme'],
)
add(
  'fromRequest, host rewritten',
  'ngrok host-header',
  post('https://1a2b.ngrok-free.app/sms', {
    host: 'localhost:3000',
    headers: { 'x-forwarded-host': '1a2b.ngrok-free.app', 'x-forwarded-proto': 'https' },
    remoteAddress: '127.0.0.1',
  }),
  { publicUrl: fromRequest({ allowedHosts: ['1a2b.ngrok-free.app'] }) },
  ['forwarding_headers'],
  (c) => ({
    options: {
      ...c.options,
      publicUrl: fromRequest({
        allowedHosts: ['1a2b.ngrok-free.app'],
        trustedProxies: ['127.0.0.1'],
        forwardedBy: 'x-forwarded',
      }),
    },
  }),
)
add(
  'two values of X-Forwarded-Proto',
  'double proxy',
  post('https://w.example.com/sms', {
    headers: { 'x-forwarded-proto': 'https,http', 'x-forwarded-host': 'w.example.com' },
    remoteAddress: '10.0.0.1',
  }),
  {
    publicUrl: fromRequest({
      allowedHosts: ['w.example.com'],
      trustedProxies: ['10.0.0.1'],
      forwardedBy: 'x-forwarded',
    }),
  },
  ['forwarding_headers'],
  (c) => ({ options: { ...c.options, publicUrl: 'https://w.example.com' } }),
)
add(
  'apex and www',
  'heroku custom domain',
  post('https://www.example.com/sms', { host: 'example.com' }),
  { publicUrl: 'https://example.com' },
  ['host'],
)
add(
  'Vercel preview host',
  'vercel',
  post('https://app.example.com/api/sms', {
    host: 'app-git-x.vercel.app',
    headers: {
      'x-vercel-forwarded-host': 'app.example.com',
      'x-forwarded-host': 'app-git-x.vercel.app',
      'x-forwarded-proto': 'https',
    },
  }),
  { publicUrl: 'https://app-git-x.vercel.app' },
  ['host'],
)
add(
  'Azure/IIS ARR',
  'IIS rewrite',
  post('https://voice.example.com/api/calls', {
    params: voice,
    host: 'myapp.azurewebsites.net',
    target: '/calls',
    headers: { 'x-original-url': '/api/calls', 'x-arr-ssl': '2048|256|CN', 'disguised-host': 'voice.example.com' },
  }),
  { publicUrl: 'http://myapp.azurewebsites.net' },
  ['host', 'path_prefix', 'scheme'],
)
add(
  'host in capitals at Twilio',
  'twilio-csharp',
  post('https://API.Example.com/sms', { host: 'api.example.com', target: '/sms' }),
  { publicUrl: 'https://api.example.com' },
  ['?token_of_other_account'],
)
// ---- port
add(
  'custom TLS port',
  'twilio-python#402',
  post('https://my.example.com:8443/voice', { params: voice }),
  { publicUrl: 'https://my.example.com' },
  ['port'],
)
add(
  'port at Twilio, behind a proxy that drops it',
  'openclaw#6334',
  post('https://my.example.com:3340/voice', { params: voice, host: 'my.example.com' }),
  { publicUrl: 'https://my.example.com' },
  ['?token_of_other_account'],
)
add(
  'IIS port in the checked URL only',
  'twilio-csharp#44',
  post('https://dev.example.com/sms', { host: 'dev.example.com:44301' }),
  { publicUrl: 'https://dev.example.com:44301' },
  [],
)
add(
  'IIS port, http',
  'twilio-csharp#44',
  post('https://dev.example.com/sms', { host: 'dev.example.com:8081' }),
  { publicUrl: 'http://dev.example.com:8081' },
  ['scheme'],
)
// ---- path
add(
  '/api lost',
  'bottender#815',
  post('https://bot.example.dev/api/webhooks/whatsapp', { target: '/webhooks/whatsapp' }),
  { publicUrl: 'https://bot.example.dev' },
  ['path_prefix'],
)
add(
  '/proxy replaced by serve.path',
  'openclaw#112800',
  post('https://gw.example.com/proxy/voice/webhook', { params: voice, target: '/voice/webhook' }),
  { publicUrl: 'https://gw.example.com' },
  ['path_prefix'],
)
add(
  'Traefik StripPrefix',
  'traefik',
  post('https://gw.example.com/telephony/sms', {
    target: '/sms',
    headers: { 'x-forwarded-prefix': '/telephony', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'gw.example.com' },
  }),
  { publicUrl: 'https://gw.example.com' },
  ['path_prefix'],
)
add(
  'Cloud Functions name lost',
  'support 50535649249307',
  post('https://us-central1-proj.cloudfunctions.net/handleTwilioCallback', {
    params: status,
    target: '/',
    headers: { 'x-forwarded-proto': 'https' },
  }),
  { publicUrl: 'https://us-central1-proj.cloudfunctions.net' },
  ['?path_prefix'],
)
add(
  'Cloud Functions name lost, with a subpath',
  'support 50535649249307',
  post('https://us-central1-proj.cloudfunctions.net/twilio/status', { params: status, target: '/status' }),
  { publicUrl: 'https://us-central1-proj.cloudfunctions.net' },
  ['path_prefix'],
)
add(
  'API Gateway stage in path, custom domain',
  'agent-connect-aws#44',
  post('https://hooks.example.com/sms', {
    target: '/prod/sms',
    headers: { 'x-forwarded-proto': 'https', 'x-amzn-trace-id': 'Root=1' },
  }),
  { publicUrl: 'https://hooks.example.com' },
  ['path_prefix'],
)
add(
  'stage missing',
  'nest #924',
  strip('/dev', json('https://abc.execute-api.us-east-1.amazonaws.com/dev/flow', event)),
  { publicUrl: 'https://abc.execute-api.us-east-1.amazonaws.com' },
  ['path_prefix'],
)
add(
  'Next basePath twice in publicUrl',
  'next basePath',
  post('https://x.example.com/docs/api/sms'),
  { publicUrl: 'https://x.example.com/docs' },
  ['path_prefix'],
)
add(
  'publicUrl is the whole URL',
  'python#751',
  post('https://x.example.com/voice/answer', { params: voice }),
  { publicUrl: 'https://x.example.com/voice/answer' },
  ['path_prefix'],
)
add(
  'slash added by Django APPEND_SLASH',
  'django-twilio#175',
  post('https://x.example.com/newsms', { target: '/newsms/' }),
  { publicUrl: 'https://x.example.com' },
  ['trailing_slash'],
)
add(
  'slash stripped',
  'trailing slash',
  post('https://x.example.com/sms/', { target: '/sms' }),
  { publicUrl: 'https://x.example.com' },
  ['trailing_slash'],
)
add(
  '? as %3F',
  'twilio-node#194',
  post('https://987f.ngrok.io/api/twilioWebhook?foo=1', { target: '/api/twilioWebhook%3Ffoo=1' }),
  { publicUrl: 'https://987f.ngrok.io' },
  ['path_encoding'],
)
add(
  '? as %3F, GET',
  'twilio-node#306',
  get('https://987f.ngrok.io/api/cb?foo=1&bar=two', { target: '/api/cb%3Ffoo=1&bar=two' }),
  { publicUrl: 'https://987f.ngrok.io' },
  ['path_encoding'],
)
add(
  'WordPress index.php',
  'php front controller',
  post('https://wp.example.com/wp-json/twilio/v1/sms', { target: '/index.php/wp-json/twilio/v1/sms' }),
  { publicUrl: 'https://wp.example.com' },
  ['path_prefix'],
)
// ---- query
add(
  'query sorted and respelled',
  'yap#1573',
  get(`https://michigan.example.org/yap/input-method.php?${gq}`, {
    target: `/yap/input-method.php?${gq.split('&').sort().join('&').replaceAll('+', '%20')}`,
  }),
  { publicUrl: 'https://michigan.example.org' },
  ['query_encoding', 'query_order'],
)
add(
  'fullUrl of Symfony, POST',
  'yap#1629',
  post(
    'https://michigan.example.org/yap/input-method.php?Digits=1&Retry=1&RetryMessage=Couldn%27t+find+an+address+for+that+location.',
    {
      params: voice,
      target:
        '/yap/input-method.php?Digits=1&Retry=1&RetryMessage=Couldn%27t%20find%20an%20address%20for%20that%20location.',
    },
  ),
  { publicUrl: 'https://michigan.example.org' },
  ['query_encoding'],
)
add(
  'Twilio sorts, signs unsorted',
  'twilio-php#790',
  post('https://foo.example.com/dial?b=456&a=123', { params: voice, target: '/dial?a=123&b=456' }),
  { publicUrl: 'https://foo.example.com' },
  ['query_order'],
)
add(
  'Twilio sorts three',
  'twilio-node#1079',
  post('https://mytest.example.com/test?param1=1&param3=3&param2=2', {
    params: voice,
    target: '/test?param1=1&param2=2&param3=3',
  }),
  { publicUrl: 'https://mytest.example.com' },
  ['query_order'],
)
add(
  'SIP GET, @ and : escaped',
  'twilio-node#621',
  get(`https://s.example.com/audio?Caller=sip:1234567890@209.182.172.181&CallSid=${CA}`, {
    target: `/audio?Caller=sip%3A1234567890%40209.182.172.181&CallSid=${CA}`,
  }),
  { publicUrl: 'https://s.example.com' },
  ['query_encoding'],
)
add(
  'apostrophe escaped on the way',
  'twilio-node#1059',
  post("https://s.example.com/path?CalledState=Trezzo+Sull'Adda&x=1", {
    params: voice,
    target: '/path?CalledState=Trezzo+Sull%27Adda&x=1',
  }),
  { publicUrl: 'https://s.example.com' },
  [],
)
add(
  '+ and apostrophe',
  'twilio-node#1194',
  get("https://s.example.com/path?name=William+O'hara", { target: '/path?name=William%20O%27hara' }),
  { publicUrl: 'https://s.example.com' },
  ['query_encoding'],
)
add(
  'query encoded twice',
  'double encoding',
  post('https://s.example.com/cb?name=Ann%20Lee&ref=a%2Fb', {
    params: status,
    target: '/cb?name=Ann%2520Lee&ref=a%252Fb',
  }),
  { publicUrl: 'https://s.example.com' },
  ['query_encoding'],
)
add(
  'REST API, query lost',
  'agent-connect-aws#44',
  post('https://abc.execute-api.us-east-1.amazonaws.com/prod/sms?tenant=42', { target: '/prod/sms' }),
  { publicUrl: 'https://abc.execute-api.us-east-1.amazonaws.com' },
  ['?token_of_other_account'],
)
add(
  'url() and all(): query among the params',
  'twilio-php#510',
  {
    ...post('https://s.example.com/hook?tenant=42&kind=sms'),
    url: '/hook',
    body: undefined,
    params: { tenant: '42', kind: 'sms', ...sms },
  },
  { publicUrl: 'https://s.example.com' },
  ['query_counted_as_params', 'query_missing'],
)
add(
  'fullUrl() and all()',
  'twilio-php#436',
  {
    ...post('https://s.example.com/hook?tenant=42&kind=sms'),
    body: undefined,
    params: { tenant: '42', kind: 'sms', ...sms },
  },
  { publicUrl: 'https://s.example.com' },
  ['query_counted_as_params'],
)
add(
  'catch-all adds a field',
  'vercel catch-all',
  post('https://s.example.com/api/twilio/sms', { target: '/api/twilio/sms?slug=twilio&slug=sms' }),
  { publicUrl: 'https://s.example.com' },
  ['query_extra'],
)
add(
  'Drupal rewrite adds q',
  'php front controller',
  post('https://s.example.com/twilio/sms?x=1', { target: '/index.php?q=/twilio/sms&x=1' }),
  { publicUrl: 'https://s.example.com' },
  ['path_prefix'],
)
// ---- params
add(
  'Laravel nulls dropped',
  'twilio-php#436',
  {
    ...post('https://app.example.com/webhook/twilio/sms'),
    body: undefined,
    params: Object.fromEntries(Object.entries(sms).map(([k, v]) => [k, v === '' ? null : v])),
  },
  { publicUrl: 'https://app.example.com' },
  ['params_null'],
)
add(
  'blanks dropped',
  'parse_qs',
  post('https://app.example.com/sms', {
    body: form(Object.fromEntries(Object.entries(sms).filter(([, v]) => v !== ''))),
  }),
  { publicUrl: 'https://app.example.com' },
  ['params_blank_dropped'],
)
add(
  'TrimStrings',
  'laravel',
  post('https://app.example.com/sms', { params: { ...sms, Body: ' Hello ' }, body: form({ ...sms, Body: 'Hello' }) }),
  { publicUrl: 'https://app.example.com' },
  ['params_trimmed'],
)
// The code in the report drops names without capitals, and this callback has the parameter "url".
add(
  'lower-case names rejected',
  'twilio-ruby#433',
  post('https://app.example.com/cb', {
    params: {
      AccountSid: AC,
      ApiVersion: '2010-04-01',
      CallSid: CA,
      From: '+14155550123',
      To: '+14155550100',
      TranscriptionSid: `TR${'1'.repeat(32)}`,
      TranscriptionStatus: 'completed',
      TranscriptionText: 'hello there',
      TranscriptionType: 'fast',
      TranscriptionUrl: 'https://api.twilio.com/x',
      RecordingSid: `RE${'1'.repeat(32)}`,
      RecordingUrl: 'https://api.twilio.com/y',
      url: 'https://api.twilio.com/x',
    },
    body: form({
      AccountSid: AC,
      ApiVersion: '2010-04-01',
      CallSid: CA,
      From: '+14155550123',
      To: '+14155550100',
      TranscriptionSid: `TR${'1'.repeat(32)}`,
      TranscriptionStatus: 'completed',
      TranscriptionText: 'hello there',
      TranscriptionType: 'fast',
      TranscriptionUrl: 'https://api.twilio.com/x',
      RecordingSid: `RE${'1'.repeat(32)}`,
      RecordingUrl: 'https://api.twilio.com/y',
    }),
  }),
  { publicUrl: 'https://app.example.com' },
  ['?token_of_other_account'],
)
const conv = {
  AccountSid: AC,
  Attributes: '{}',
  ChatServiceSid: `IS${'1'.repeat(32)}`,
  EventType: 'onConversationAdd',
  MessageBody: 'fsg',
  'MessagingBinding.Address': ['+18550000000', '+18330000000'],
  'MessagingBinding.AuthorAddress': '+16020000000',
  MessagingServiceSid: `MG${'1'.repeat(32)}`,
  RetryCount: '0',
  Source: 'SMS',
  State: 'initializing',
}
add(
  'one of repeated values kept',
  'twilio-node#722',
  post('https://x.ngrok.io/api/v1/chat', {
    params: conv,
    body: form({ ...conv, 'MessagingBinding.Address': '+18330000000' }),
  }),
  { publicUrl: 'https://x.ngrok.io' },
  ['?params_repeats_dropped'],
)
add(
  'PHP underscores',
  'php dots',
  post('https://x.ngrok.io/api/v1/chat', {
    params: { ...conv, 'MessagingBinding.Address': '+18550000000' },
    body: form({ ...conv, 'MessagingBinding.Address': '+18550000000' }).replaceAll(
      'MessagingBinding.',
      'MessagingBinding_',
    ),
  }),
  { publicUrl: 'https://x.ngrok.io' },
  ['params_nested'],
)
add(
  'Autopilot repeated field, joined',
  'twilio-python#613',
  post('https://x.ngrok.io/autopilot', {
    params: { AccountSid: AC, Field_number_Value: ['24', '48', '9'], UserIdentifier: '+14155550123' },
    body: form({ AccountSid: AC, Field_number_Value: '24,48,9', UserIdentifier: '+14155550123' }),
  }),
  { publicUrl: 'https://x.ngrok.io' },
  ['params_repeats_dropped'],
)
// No report of a webhook that Twilio signed. In gombit#232 another filter breaks other signatures.
add(
  'escape() of express-validator',
  'express-validator escape',
  {
    ...post('https://app.example.com/sms'),
    body: undefined,
    params: { ...sms, Body: 'you&#x27;re so smart &amp; &lt;b&gt;kind&lt;&#x2F;b&gt; 🙂' },
  },
  { publicUrl: 'https://app.example.com' },
  ['params_escaped'],
)
add(
  '+ became a space',
  'busboy#14',
  {
    ...post('https://app.example.com/status', { params: status }),
    body: undefined,
    params: { ...status, From: ' 17205550123', To: ' 14805550100' },
  },
  { publicUrl: 'https://app.example.com' },
  ['params_plus_as_space'],
)
add(
  'emoji read as Latin-1',
  'emoji',
  {
    ...post('https://app.example.com/sms'),
    body: undefined,
    params: { ...sms, Body: Buffer.from(sms.Body).toString('latin1') },
  },
  { publicUrl: 'https://app.example.com' },
  ['body_charset'],
)
add(
  'AddOns parsed into an object',
  'twilio-php#458',
  {
    ...post('https://app.example.com/sms', {
      params: { ...sms, AddOns: '{"status":"successful","message":null,"code":null,"results":{}}' },
    }),
    body: undefined,
    params: { ...sms, AddOns: JSON.parse('{"status":"successful","message":null,"code":null,"results":{}}') },
  },
  { publicUrl: 'https://app.example.com' },
  ['params_nested'],
)
add(
  'body parser missing: no params',
  'twilio-node#81',
  { ...post('https://app.example.com/sms'), body: undefined, params: {} },
  { publicUrl: 'https://app.example.com' },
  ['?params_missing'],
)
add(
  'body object instead of bytes',
  'twilio-node#657',
  { ...json('https://app.example.com/flow', event), body: JSON.parse(event) },
  { publicUrl: 'https://app.example.com' },
  ['body_already_parsed'],
)
add(
  'JSON stringified again',
  'n8n#29259',
  json('https://app.example.com/sink', event, { body: JSON.stringify(JSON.parse(event)) }),
  { publicUrl: 'https://app.example.com' },
  ['?body_reserialized'],
)
add(
  'JSON stringified again, spaces only',
  'twilio-node#657',
  json('https://app.example.com/sink', '{"a": 1, "b": [1, 2], "c": "x"}', { body: '{"a":1,"b":[1,2],"c":"x"}' }),
  { publicUrl: 'https://app.example.com' },
  ['body_reserialized'],
)
add(
  'Studio JSON passed as params',
  'twilio-node#924',
  { ...json('https://app.example.com/flow', event), body: undefined, params: JSON.parse(event) },
  { publicUrl: 'https://app.example.com' },
  ['json_taken_as_form'],
)
add(
  'JSON, query dropped',
  'twilio-php#510',
  json('https://app.example.com/flow', event, { target: '/flow' }),
  { publicUrl: 'https://app.example.com' },
  ['body_hash_missing'],
)
add(
  'ALB body in Base64',
  'va-notification#1561',
  post('https://alb.example.com/status', { params: status, body: Buffer.from(form(status)).toString('base64') }),
  { publicUrl: 'https://alb.example.com' },
  ['body_base64'],
)
add(
  'API Gateway template makes JSON',
  'aws template',
  post('https://g.example.com/sms', {
    params: status,
    body: JSON.stringify(status),
    headers: { 'content-type': 'application/json' },
  }),
  { publicUrl: 'https://g.example.com' },
  ['form_taken_as_json'],
)
add(
  'Content-Type lost',
  'aws template',
  post('https://g.example.com/sms', { params: status, headers: { 'content-type': 'text/plain' } }),
  { publicUrl: 'https://g.example.com' },
  ['form_taken_as_json'],
)
add(
  'text of the form passed',
  'twilio-python#715',
  { ...post('https://x.ngrok.io/call', { params: voice }), body: undefined, params: form(voice) },
  { publicUrl: 'https://x.ngrok.io' },
  ['?form_taken_as_json'],
)
// ---- tokens
add(
  'parent token for a subaccount',
  'twilio-node#693',
  post('https://app.example.com/sms', { params: { ...sms, AccountSid: SUB }, token: B }),
  { publicUrl: 'https://app.example.com', authToken: { [AC]: A } },
  ['?token_of_other_account'],
)
add(
  'the same with a guess',
  'twilio-php#436',
  post('https://app.example.com/sms', { params: { ...sms, AccountSid: SUB }, token: B }),
  { publicUrl: 'https://app.example.com' },
  ['token_of_other_account'],
  (c) => ({ options: { ...c.options, authToken: B } }),
  { otherTokens: { sub: B } },
)
add(
  'rotated',
  'vita-min#5318',
  post('https://app.example.com/sms', { token: B }),
  { publicUrl: 'https://app.example.com' },
  ['?token_of_other_account'],
)
add(
  'test credentials in a list',
  'twilio.com/docs/iam/test-credentials',
  post('https://app.example.com/sms', { token: B }),
  { publicUrl: 'https://app.example.com', authToken: [A, 'c'.repeat(32)] },
  ['?token_of_other_account'],
)
add(
  'API key secret',
  'twilio-csharp#628',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: 'aBcDeFgHiJkLmNoPqRsTuVwXyZ012345' },
  ['?token_is_api_key'],
)
add(
  'SK as the token',
  'twilio-firebase-extensions#19',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: `SK${'1'.repeat(32)}` },
  ['?token_is_api_key'],
)
add(
  'AC as the token',
  'console',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: AC },
  ['?token_is_account_sid'],
)
add(
  'CR at the end',
  'env CRLF',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: `${A}\r` },
  ['token_whitespace'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
add(
  'quotes from docker --env-file',
  'docker',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: `"${A}"` },
  ['token_quoted'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
add(
  'SID:token as for Basic',
  'basic auth',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: `${AC}:${A}` },
  ['token_is_account_sid'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
add(
  'token in Base64',
  'kubernetes',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: Buffer.from(`${A}\n`).toString('base64') },
  ['token_shape'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
add(
  'capital letters',
  'vault',
  post('https://app.example.com/sms'),
  { publicUrl: 'https://app.example.com', authToken: A.toUpperCase() },
  ['token_shape'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
// ---- websocket, userinfo, method, signature
const ws = (signed: string, o: Arrival = {}) =>
  get(signed, {
    ...o,
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
      'sec-websocket-version': '13',
      ...o.headers,
    },
  })
add(
  'ws route checked as GET',
  'twilio-python#885',
  ws('wss://x.ngrok.io/call'),
  { publicUrl: 'https://x.ngrok.io' },
  ['websocket_scheme'],
  (c) => ({ request: { ...c.request, handshake: true } }),
)
// No report: a handshake is checked with and without a slash at the end of its path.
add(
  'handshake, slash',
  'handshake trailing slash',
  ws('wss://x.ngrok.io/ws/', { target: '/ws', handshake: true }),
  { publicUrl: 'https://x.ngrok.io' },
  [],
)
add(
  'handshake, query lost',
  'enola#1928',
  ws('wss://x.example.com/relay?callId=5', { target: '/relay', handshake: true }),
  { publicUrl: 'https://x.example.com' },
  ['?query_missing'],
)
add(
  'handshake, host and prefix',
  'media streams',
  ws('wss://x.example.com/media/stream', {
    target: '/stream',
    host: 'localhost:5050',
    handshake: true,
    headers: { 'x-forwarded-host': 'x.example.com', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/media' },
  }),
  { publicUrl: 'http://localhost:5050' },
  ['host', 'path_prefix'],
)
add(
  'userinfo signed by own sender',
  'postmangovsg#685',
  post('https://iau3:%242b%2410%24x@98d4.ngrok.io/v1/callback/sms/52/377', {
    params: status,
    host: '98d4.ngrok.io',
    target: '/v1/callback/sms/52/377',
    headers: { authorization: `Basic ${Buffer.from('iau3:$2b$10$x').toString('base64')}` },
  }),
  { publicUrl: 'https://98d4.ngrok.io' },
  ['userinfo'],
)
add(
  'Authy scheme, no signature',
  'authy2fa-flask#9',
  postUnsigned('https://x.ngrok.io/authy/callback', { 'x-authy-signature': 'abc=' }),
  { publicUrl: 'https://x.ngrok.io' },
  ['?other_product'],
)
add(
  'Postman, no signature',
  'postman test',
  postUnsigned('https://x.ngrok.io/sms', { 'user-agent': 'PostmanRuntime/7.36' }),
  { publicUrl: 'https://x.ngrok.io' },
  ['?signature_missing'],
)
add(
  'redirect 301 made a GET of the POST',
  'redirects',
  get('https://x.example.com/sms/', { target: '/sms/' }),
  { publicUrl: 'https://x.example.com', methods: ['POST'] },
  ['method'],
)
add(
  'hex digest',
  'hand written',
  (() => {
    const r = post('https://x.ngrok.io/sms')
    r.headers['x-twilio-signature'] = Buffer.from(r.headers['x-twilio-signature'] ?? '', 'base64').toString('hex')
    return r
  })(),
  { publicUrl: 'https://x.ngrok.io' },
  ['signature_encoding'],
)
// ---- several at once
add(
  'ngrok + basePath + slash',
  'combo',
  post('https://1a2b.ngrok.io/app/sms/', { target: '/sms', headers: { 'x-forwarded-proto': 'https' } }),
  { publicUrl: 'http://1a2b.ngrok.io' },
  ['path_prefix', 'scheme', 'trailing_slash'],
)
add(
  'http and query respelled',
  'combo',
  post('https://h.example.com/cb?name=Ann+Lee&x=1', {
    params: status,
    target: '/cb?name=Ann%20Lee&x=1',
    headers: { 'x-forwarded-proto': 'https' },
  }),
  { publicUrl: 'http://h.example.com' },
  ['query_encoding', 'scheme'],
)
add(
  'host list without the host',
  'list',
  post('https://b.example.com/sms'),
  { publicUrl: ['https://a.example.com', 'https://c.example.com'] },
  ['host'],
)
add(
  'http and + decoded',
  'combo',
  {
    ...post('https://h.example.com/cb', { params: status }),
    body: undefined,
    params: { ...status, From: ' 17205550123', To: ' 14805550100' },
  },
  { publicUrl: 'http://h.example.com' },
  ['params_plus_as_space', 'scheme'],
)
add(
  'prefix and port',
  'combo',
  post('https://h.example.com:8443/twilio/sms', { target: '/sms', host: 'h.example.com:8443' }),
  { publicUrl: 'https://h.example.com' },
  ['path_prefix', 'port'],
)
const sortQ = (q: string): string => q.split('&').sort().join('&').replaceAll('+', '%20')
const tw = form(Object.fromEntries(Object.entries(voice).sort()))
const own = 'Digits=1&Retry=1&RetryMessage=Couldn%27t+find+an+address+for+that+location.'
addApp(
  'GET, own Digits first, Twilio sorted',
  'yap#1629',
  get(`${O}/i.php?${own}&${tw}`, { target: `/i.php?${sortQ(`${own}&${tw}`)}` }),
  {},
  ['query_encoding', 'query_order'],
)
addApp(
  'GET, page and mode first',
  'yap#1573',
  get(`${O}/i.php?page=2&mode=a+b&${tw}`, { target: `/i.php?${sortQ(`page=2&mode=a+b&${tw}`)}` }),
  {},
  ['query_encoding', 'query_order'],
)
addApp(
  'GET, Gather: Digits last',
  'yap#1573',
  get(`${O}/i.php?${tw}&Digits=5`, { target: `/i.php?${sortQ(`${tw}&Digits=5`)}` }),
  {},
  ['query_encoding', 'query_order'],
)
addApp(
  'blank field lost its =',
  'empty values',
  post(`${O}/cb?next=&step=2`, { params: voice, target: '/cb?next&step=2' }),
  {},
  ['query_encoding'],
)
addApp(
  'lower-case hex',
  'ALB',
  post(`${O}/cb?to=%2B1415&x=a%2Fb`, { params: voice, target: '/cb?to=%2b1415&x=a%2fb' }),
  {},
  ['query_encoding'],
)
addApp(
  'raw + in the URL at Twilio',
  'twilio-csharp#27',
  get(`${O}/cb?To=+14155550100&a=b`, { target: '/cb?To=%2B14155550100&a=b' }),
  {},
  ['query_encoding'],
)
addApp(
  'emoji in the query',
  'emoji',
  post(`${O}/cb?tag=%F0%9F%99%82&x=1`, { params: voice, target: '/cb?tag=🙂&x=1' }),
  {},
  ['query_encoding'],
)
addApp('slashes merged', 'nginx merge_slashes', post(`${O}//sms`, { target: '/sms' }), {}, ['path_encoding'])
addApp('@ in the path decoded', 'path', post(`${O}/agents/bob%40x.com/sms`, { target: '/agents/bob@x.com/sms' }), {}, [
  'path_encoding',
])
addApp('path lower-cased', 'IIS', post(`${O}/Api/Twilio/Sms`, { target: '/api/twilio/sms' }), {}, ['path_encoding'])
addApp(
  'two-level prefix that no list has',
  'ingress rewrite-target',
  post(`${O}/comm/v3/sms`, { target: '/sms' }),
  {},
  ['?token_of_other_account'],
)
addApp(
  'the same, X-Original-URI',
  'ingress rewrite-target',
  post(`${O}/comm/v3/sms`, {
    target: '/sms',
    headers: { 'x-original-uri': '/comm/v3/sms', 'x-forwarded-proto': 'https' },
  }),
  {},
  ['path_prefix'],
)
addApp(
  'Vercel rewrite, path in the query',
  'vercel rewrite',
  post(`${O}/api/twilio/sms`, { target: '/api/index?path=twilio%2Fsms' }),
  {},
  ['path_prefix'],
)
addApp(
  'Vercel rewrite, own query',
  'vercel rewrite',
  post(`${O}/api/twilio/sms?tenant=3`, { target: '/api/index?tenant=3&path=twilio/sms' }),
  {},
  ['path_prefix'],
)
addApp('CodeIgniter', 'php front controller', post(`${O}/twilio/sms`, { target: '/index.php?/twilio/sms' }), {}, [
  'path_prefix',
])
addApp(
  'WordPress name in the query',
  'php front controller',
  post(`${O}/sms`, { target: '/index.php?pagename=sms' }),
  {},
  ['path_prefix'],
)
addApp(
  'path in the query, and http',
  'combo',
  post(`${O}/twilio/sms`, { target: '/index.php?q=twilio/sms', headers: { 'x-forwarded-proto': 'https' } }),
  { publicUrl: 'http://app.example.com' },
  ['path_prefix', 'scheme'],
)
addApp('Netlify redirect', 'netlify', post(`${O}/sms`, { target: '/.netlify/functions/sms' }), {}, ['path_prefix'])
addApp(
  'Rails params',
  'twilio-ruby',
  parsed(post(`${O}/twilio/sms`), { ...sms, controller: 'twilio', action: 'sms' }),
  {},
  ['params_missing'],
)
addApp(
  'Laravel route params and query',
  'laravel',
  parsed(post(`${O}/hook?t=1`), { t: '1', ...sms, tenant: 'acme' }),
  {},
  ['params_missing'],
)
addApp(
  'dict of lists',
  'django QueryDict',
  parsed(post(`${O}/sms`), Object.fromEntries(Object.entries(sms).map(([k, v]) => [k, [v]]))),
  {},
  [],
)
addApp(
  '100% decoded twice',
  'decode',
  parsed(post(`${O}/sms`, { params: { ...sms, Body: '100%25 sure + 1' } }), { ...sms, Body: '100% sure + 1' }),
  {},
  ['params_plus_as_space'],
)
addApp(
  'CRLF in Body',
  'line breaks',
  post(`${O}/sms`, { params: { ...sms, Body: 'a\r\nb\r\nc' }, body: form({ ...sms, Body: 'a\nb\nc' }) }),
  {},
  ['body_whitespace'],
)
addApp(
  'numbers cast',
  'json numbers',
  parsed(post(`${O}/sms`, { params: { ...sms } }), { ...sms, NumMedia: 0, NumSegments: 1 }),
  {},
  [],
)
addApp(
  'Body null and blanks dropped',
  'combo',
  parsed(post(`${O}/sms`, { params: { ...sms, Body: '' } }), {
    ...Object.fromEntries(Object.entries(sms).filter(([, v]) => v)),
    Body: null,
  }),
  {},
  ['params_blank_dropped', 'params_null'],
)
addApp(
  'names in lower case',
  'snake',
  parsed(
    post(`${O}/status`, { params: status }),
    Object.fromEntries(Object.entries(status).map(([k, v]) => [k.replace(/^./, (one) => one.toLowerCase()), v])),
  ),
  {},
  ['params_nested'],
)
addApp(
  'emoji lost in MySQL-like utf8',
  'emoji',
  parsed(post(`${O}/sms`), { ...sms, Body: sms.Body.replace('🙂', '?') }),
  {},
  ['?token_of_other_account'],
)
addApp(
  'Latin-1 in one value',
  'latin1',
  parsed(post(`${O}/sms`, { params: { ...sms, Body: 'Grüße' } }), {
    ...sms,
    Body: Buffer.from('Grüße').toString('latin1'),
  }),
  {},
  ['body_charset'],
)
addApp(
  'Latin-1, and http',
  'combo',
  parsed(post(`${O}/sms`, { params: { ...sms, Body: 'Grüße' } }), {
    ...sms,
    Body: Buffer.from('Grüße').toString('latin1'),
  }),
  { publicUrl: 'http://app.example.com' },
  ['body_charset', 'scheme'],
)
addApp(
  'JSON of a secret manager',
  'aws secrets',
  post(`${O}/sms`),
  { authToken: JSON.stringify({ TWILIO_AUTH_TOKEN: A }) },
  ['token_shape'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
addApp('BOM', 'bom', post(`${O}/sms`), { authToken: `\ufeff${A}` }, ['token_whitespace'], (c) => ({
  options: { ...c.options, authToken: A },
}))
addApp('Bearer', 'header', post(`${O}/sms`), { authToken: `Bearer ${A}` }, ['token_shape'], (c) => ({
  options: { ...c.options, authToken: A },
}))
addApp('undefined', 'env', post(`${O}/sms`), { authToken: 'undefined' }, ['?token_of_other_account'])
addApp('a template that nothing filled in', 'helm', post(`${O}/sms`), { authToken: '{{ .Values.twilio.token }}' }, [
  '?token_shape',
])
addApp(
  'account not allowed',
  'subaccounts',
  post(`${O}/sms`, { params: { ...sms, AccountSid: SUB } }),
  { allowedAccounts: AC },
  ['account_not_listed'],
  (c) => ({ options: { ...c.options, allowedAccounts: [AC, SUB] } }),
)
addApp(
  'signedUrl drops the query',
  'own code',
  post(`${O}/sms?x=1`),
  { publicUrl: undefined, signedUrl: ({ url }) => O + url.split('?')[0] },
  ['query_missing'],
  (c) => ({ options: { ...c.options, signedUrl: ({ url }) => O + url } }),
)
addApp(
  'signedUrl builds http',
  'own code',
  post(`${O}/sms?x=1`, { headers: { 'x-forwarded-proto': 'https' } }),
  { publicUrl: undefined, signedUrl: ({ url }) => `http://app.example.com${url}` },
  ['scheme'],
)
addApp(
  'signedUrl hard-coded to another route',
  'omi#5541',
  post(`${O}/status`, { params: status }),
  { publicUrl: undefined, signedUrl: () => `${O}/sms` },
  ['path_prefix'],
)
addApp(
  'X-Forwarded-Port of the app',
  'railway',
  post(`${O}/sms`, {
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-port': '3000', 'x-forwarded-host': 'app.example.com' },
    remoteAddress: '10.0.0.1',
  }),
  {
    publicUrl: fromRequest({
      allowedHosts: ['app.example.com'],
      trustedProxies: ['10.0.0.1'],
      forwardedBy: 'x-forwarded',
    }),
  },
  ['port'],
)
addApp(
  'untrusted proxy, GET',
  'yap#1589',
  get(`${O}/v?${tw}`, {
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.2.3.4' },
    remoteAddress: '172.18.0.5',
  }),
  {
    publicUrl: fromRequest({
      allowedHosts: ['app.example.com'],
      trustedProxies: ['10.0.0.0/8'],
      forwardedBy: 'x-forwarded',
    }),
  },
  ['forwarding_headers'],
  (c) => ({
    options: {
      ...c.options,
      publicUrl: fromRequest({
        allowedHosts: ['app.example.com'],
        trustedProxies: ['172.18.0.5'],
        forwardedBy: 'x-forwarded',
      }),
    },
  }),
)
addApp(
  'untrusted proxy that strips a prefix',
  'combo',
  post(`${O}/twilio/sms`, { target: '/sms', headers: { 'x-forwarded-proto': 'https' }, remoteAddress: '172.18.0.5' }),
  { publicUrl: fromRequest({ allowedHosts: ['app.example.com'] }) },
  ['forwarding_headers', 'path_prefix'],
)
addApp(
  'untrusted proxy that replaces Host without saying so',
  'combo',
  post(`${O}/sms`, {
    host: 'internal:8080',
    headers: { 'x-forwarded-proto': 'https', 'x-original-host': 'app.example.com' },
    remoteAddress: '172.18.0.5',
  }),
  { publicUrl: fromRequest({ allowedHosts: ['app.example.com'] }) },
  ['forwarding_headers', 'host'],
)
addApp(
  'wrong family, GET',
  'caddy',
  get(`${O}/v?${tw}`, { headers: { 'x-forwarded-proto': 'https' }, remoteAddress: '127.0.0.1' }),
  {
    publicUrl: fromRequest({
      allowedHosts: ['app.example.com'],
      trustedProxies: ['127.0.0.1'],
      forwardedBy: 'forwarded',
    }),
  },
  ['scheme'],
)
addApp(
  'allowedHosts without the port',
  'port',
  post('https://app.example.com:8443/sms', { encrypted: true }),
  { publicUrl: fromRequest({ allowedHosts: ['app.example.com'] }) },
  ['host'],
)
addApp(
  'two hosts in X-Forwarded-Host, untrusted',
  'combo',
  post(`${O}/sms`, {
    headers: { 'x-forwarded-host': 'app.example.com, internal', 'x-forwarded-proto': 'https' },
    remoteAddress: '10.0.0.9',
  }),
  {
    publicUrl: fromRequest({
      allowedHosts: ['app.example.com'],
      trustedProxies: ['10.0.0.9'],
      forwardedBy: 'x-forwarded',
    }),
  },
  ['forwarding_headers'],
  (c) => ({ options: { ...c.options, publicUrl: O } }),
)
addApp(
  'userinfo, plain',
  'own sender',
  post('https://user:pass@app.example.com/sms', {
    host: 'app.example.com',
    target: '/sms',
    headers: { authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` },
  }),
  {},
  ['userinfo'],
)
addApp('fragment signed', 'connection overrides', post(`${O}/sms#rc=2`, { target: '/sms' }), {}, [
  '?token_of_other_account',
])
addApp('JSON with a BOM', 'bom', json(`${O}/e`, '{"a":1}', { body: '\ufeff{"a":1}' }), {}, ['body_whitespace'])
addApp(
  'JSON object as body, GET-like code',
  'twilio-node#657',
  { ...json(`${O}/e?s=1`, '[{"a":1},{"b":2}]'), body: [{ a: 1 }, { b: 2 }] },
  {},
  ['body_already_parsed'],
)
addApp('form object as body', 'next bodyParser', { ...post(`${O}/sms`), body: { ...sms } }, {}, ['body_already_parsed'])
addApp('JSON, query hash kept, path prefix lost', 'combo', strip('/api', json(`${O}/api/e`, '{"a":1}')), {}, [
  'path_prefix',
])
addApp('gzip', 'proxy', post(`${O}/sms`, { headers: { 'content-encoding': 'gzip' } }), {}, ['body_compressed'])
addApp('PUT', 'whatsapp', { ...post(`${O}/sms`), method: 'PUT' }, {}, ['method'])
addApp('redirect made GET, form lost', 'redirects', get(`${O}/sms`), { methods: ['POST'] }, ['method'])
addApp(
  'hook deliveries replayed by hookdeck',
  'forwarder',
  post('https://hkdk.events/abc123', {
    host: 'app.example.com',
    target: '/sms',
    headers: { 'x-forwarded-host': 'hkdk.events' },
  }),
  {},
  ['?host'],
)
addApp(
  'the same, named',
  'forwarder',
  post('https://hkdk.events/abc123', { host: 'app.example.com', target: '/sms' }),
  {},
  ['host'],
  undefined,
  { otherUrls: ['https://hkdk.events/abc123'] },
)
addApp(
  'ws with http upgrade dropped',
  'nginx',
  get('wss://app.example.com/media', { target: '/media' }),
  {},
  ['websocket_scheme'],
  (c) => ({
    request: {
      ...c.request,
      handshake: true,
      headers: { ...c.request.headers, upgrade: 'websocket', connection: 'upgrade' },
    },
  }),
)

// ---- rewrites of the path
addApp(
  'a part of the path became a field',
  'Apache RewriteRule ^/sms/([a-z]+)$ /sms?tenant=$1 [P]',
  post(`${O}/sms/acme`, { target: '/sms?tenant=acme' }),
  {},
  ['path_prefix'],
  ({ request }) => ({ request: { ...request, url: '/sms/acme' } }),
)
addApp(
  'the first part of the path became a field',
  'nginx rewrite ^/([a-z]+)/sms$ /sms?tenant=$1',
  post(`${O}/acme/sms`, { target: '/sms?tenant=acme' }),
  {},
  ['path_prefix'],
)
addApp(
  'a clean URL, the file ends in .php',
  'nginx try_files $uri $uri.php',
  post(`${O}/twilio/sms`, { target: '/twilio/sms.php' }),
  {},
  ['path_prefix'],
)
addApp(
  'the ending .php is hidden',
  'nginx rewrite ^(.*)\\.php$ $1',
  post(`${O}/twilio/sms.php`, { target: '/twilio/sms' }),
  {},
  ['path_prefix'],
)
addApp(
  'IIS rewrites the path as a whole',
  'X-Original-URL of IIS ARR',
  post(`${O}/webhooks/sms.aspx`, { target: '/handler', headers: { 'x-original-url': '/webhooks/sms.aspx' } }),
  {},
  ['path_prefix'],
)
addApp(
  'front controller, and the URL is known',
  'index.php',
  post(`${O}/twilio/incoming`, { target: '/index.php' }),
  {},
  ['path_prefix'],
  undefined,
  { otherUrls: [`${O}/twilio/incoming`] },
)

// ---- hosts and ports
const twoPorts = { publicUrl: ['https://app.example.com:8443', 'https://b.example.com'] }
add(
  'Host lost its port, publicUrl is a list',
  'nginx proxy_set_header Host $host',
  get(`https://app.example.com:8443/sms?${form(status)}`, { host: 'app.example.com' }),
  twoPorts,
  ['port'],
  ({ request }) => ({ request: { ...request, headers: { ...request.headers, host: 'app.example.com:8443' } } }),
)
add(
  'Host lost its port, form not read',
  'nginx proxy_set_header Host $host',
  post('https://app.example.com:8443/sms', { host: 'app.example.com', body: '' }),
  twoPorts,
  ['?port'],
)
add(
  'Host with the inner port, publicUrl is a list',
  'nginx proxy_set_header Host $host:$server_port',
  get(`${O}/sms?${form(status)}`, { host: 'app.example.com:8080' }),
  { publicUrl: [O, 'https://b.example.com'] },
  ['port'],
  ({ request }) => ({ request: { ...request, headers: { ...request.headers, host: 'app.example.com' } } }),
)
add(
  'words of the host capitalised, and not its last label',
  'nginx $host',
  post('https://Hooks.Acme-Dental.com/sms', { host: 'hooks.acme-dental.com' }),
  { publicUrl: 'https://hooks.acme-dental.com' },
  ['host_case'],
)
addApp(
  'the target was decoded',
  'decodeURIComponent(req.url)',
  post(`${O}/sms?name=Ann%20Lee`, { target: '/sms?name=Ann Lee' }),
  {},
  ['query_encoding'],
  ({ request }) => ({ request: { ...request, url: '/sms?name=Ann%20Lee' } }),
)
addApp(
  'the path was decoded',
  'decodeURI(req.url)',
  post(`${O}/front%20desk/sms`, { target: '/front desk/sms' }),
  {},
  ['path_encoding'],
  ({ request }) => ({ request: { ...request, url: '/front%20desk/sms' } }),
)

addApp(
  'the target was decoded, form not read',
  'decodeURIComponent(req.url)',
  post(`${O}/sms?name=Ann%20Lee`, { target: '/sms?name=Ann Lee', body: '' }),
  {},
  ['?query_encoding'],
)
add(
  'a CDN in front of the host of the platform',
  'CloudFront in front of a Function URL',
  post(`${O}/sms`, {
    host: 'abcdefg.lambda-url.us-east-1.on.aws',
    headers: { via: '2.0 d111.cloudfront.net (CloudFront)', 'x-amz-cf-id': 'zzz' },
  }),
  { publicUrl: 'https://abcdefg.lambda-url.us-east-1.on.aws' },
  ['?host'],
  () => ({ options: { authToken: A, publicUrl: O } }),
)

// ---- handshakes
const upgrade = { upgrade: 'websocket', connection: 'upgrade' }
addApp(
  'handshake, a field added to the query',
  'the URL is signed without its query',
  get('wss://app.example.com/media', { target: '/media?edge=1', headers: upgrade, handshake: true }),
  {},
  ['query_extra'],
  ({ request }) => ({ request: { ...request, url: '/media' } }),
)

// ---- forward-auth and redirects: a GET without the form
addApp(
  'Caddy forward_auth, POST',
  'X-Forwarded-Method',
  {
    ...post(`${O}/sms`, {
      target: '/verify',
      headers: { 'content-length': '0', 'x-forwarded-method': 'POST', 'x-forwarded-uri': '/sms' },
    }),
    method: 'GET',
    body: undefined,
  },
  {},
  ['?body_missing'],
)
addApp(
  'a cache makes GET of POST',
  'Varnish vcl_recv return (hash)',
  { ...post(`${O}/sms`, { headers: { 'content-length': '0' } }), method: 'GET', body: undefined },
  {},
  ['?body_missing'],
)
addApp(
  'JSON, the body did not arrive',
  'a relay that drops bodies',
  { ...json(`${O}/e`, '{"a":1}'), body: new Uint8Array(0) },
  {},
  ['body_missing'],
)

// ---- forms and JSON that something wrote again
addApp(
  'the form as JSON, still with the type of a form',
  'fetch(url, { body: JSON.stringify(req.body) })',
  post(`${O}/sms`, { body: JSON.stringify(sms) }),
  {},
  ['form_taken_as_json'],
)
const typeJson = { 'content-type': 'application/json' }
addApp(
  'the form in a field of JSON',
  'API Gateway mapping template',
  post(`${O}/sms`, { body: JSON.stringify({ method: 'POST', body: form(sms) }), headers: typeJson }),
  {},
  ['form_taken_as_json'],
  ({ request }) => ({ request: { ...request, ...post(`${O}/sms`) } }),
)
addApp(
  'the form as Base64 in a field of JSON',
  'Azure Logic Apps $content',
  post(`${O}/sms`, {
    body: JSON.stringify({
      '$content-type': 'application/x-www-form-urlencoded',
      $content: Buffer.from(form(sms)).toString('base64'),
    }),
    headers: typeJson,
  }),
  {},
  ['form_taken_as_json'],
)
addApp(
  'the form compressed, Content-Encoding lost',
  'a forwarder that drops Content-Encoding',
  { ...post(`${O}/sms`), body: gzipSync(form(sms)) },
  {},
  ['?body_compressed'],
)
addApp(
  'JSON compressed, Content-Encoding lost',
  'a forwarder that drops Content-Encoding',
  { ...json(`${O}/e`, '{"a":1}'), body: gzipSync('{"a":1}') },
  {},
  ['?body_compressed'],
)
const change = (params: Params): string => form({ ...sms, ...params })
addApp(
  'quotes with backslashes',
  'addslashes',
  post(`${O}/sms`, { body: change({ Body: "you\\'re so smart & <b>kind</b> 🙂" }) }),
  {},
  ['params_escaped'],
  ({ request }) => ({ request: { ...request, ...post(`${O}/sms`) } }),
)
addApp(
  'numbers without their plus',
  'values read as numbers',
  post(`${O}/sms`, { body: change({ From: '14155550123', To: '14155550100' }) }),
  {},
  ['params_plus_as_space', 'params_trimmed'],
  ({ request }) => ({ request: { ...request, ...post(`${O}/sms`) } }),
)
addApp(
  'masked numbers',
  'a proxy that hides personal data',
  post(`${O}/sms`, { body: change({ From: '+1415***0123' }) }),
  {},
  ['?params_missing'],
)
addApp(
  'only three parameters kept',
  'an allow-list',
  post(`${O}/sms`, { body: form({ Body: sms.Body, From: sms.From, To: sms.To }) }),
  {},
  ['?params_missing'],
)
addApp(
  'REST API, a query with two spellings',
  'API Gateway decodes the query',
  post(`${O}/sms?a=x%2cy&b=two+three%20four`, { target: '/sms?a=x%2Cy&b=two%20three%20four', urlIsNormalized: true }),
  {},
  ['?query_encoding'],
)

// ---- found with set-ups that were made before the table of causes was read
add(
  'a quick tunnel with its old name, Host rewritten',
  'cloudflared httpHostHeader, scenario#983',
  post('https://new-name.trycloudflare.com/sms', {
    host: 'localhost:3000',
    headers: { 'cf-ray': '1', 'cf-visitor': '{"scheme":"https"}', 'x-forwarded-proto': 'https' },
  }),
  { publicUrl: 'https://old-name.trycloudflare.com' },
  ['?host'],
  () => ({ options: { authToken: A, publicUrl: 'https://new-name.trycloudflare.com' } }),
)
add(
  'a load balancer of Google in front of the host of the platform',
  'Cloud Run behind a load balancer, Via: 1.1 google',
  post(`${O}/sms`, {
    host: 'svc-abc-uc.a.run.app',
    headers: { via: '1.1 google', 'x-cloud-trace-context': '1/2', 'x-forwarded-for': '54.172.60.2,34.1.1.1' },
  }),
  { publicUrl: 'https://svc-abc-uc.a.run.app' },
  ['?host'],
  () => ({ options: { authToken: A, publicUrl: O } }),
)
/** A program has its own User-Agent, and not the header that each webhook has. */
function withoutToken<T extends { headers: Record<string, string> }>(request: T): T {
  const { 'i-twilio-idempotency-token': _, ...headers } = request.headers
  return { ...request, headers }
}
const asJson = (wrap: (form: object) => object, arrival: Arrival = {}) => ({
  ...post(arrival.host === undefined ? `${O}/sms` : 'https://hooks.example.net/catch/1', {
    ...arrival,
    body: JSON.stringify(wrap(sms)),
    headers: { 'content-type': 'application/json', 'user-agent': 'axios/1.7.7' },
  }),
})
addApp(
  'the form as an object in a field of JSON',
  'n8n Webhook node, then HTTP Request',
  asJson((body) => ({ headers: {}, params: {}, query: {}, body })),
  {},
  ['form_taken_as_json'],
  () => ({ request: post(`${O}/sms`) }),
)
addApp(
  'the form as JSON, sent on by the program whose URL Twilio has',
  'smee-client#293',
  withoutToken(asJson((body) => body, { host: 'app.example.com', target: '/sms' })),
  {},
  ['?host'],
  (c) => ({
    request: { ...c.request, ...post('https://hooks.example.net/catch/1', { target: '/sms' }) },
    options: { authToken: A, signedUrl: () => 'https://hooks.example.net/catch/1' },
  }),
)
addApp(
  'a stripped prefix that a header names, and the token of another account',
  'Traefik StripPrefix',
  post(`${O}/telco-4/sms`, { target: '/sms', headers: { 'x-forwarded-prefix': '/telco-4' } }),
  { authToken: B },
  ['?path_prefix'],
  () => ({ options: { authToken: A, publicUrl: `${O}/telco-4` } }),
)
addApp(
  'the name and password of Basic authentication in Base64',
  'basic auth',
  post(`${O}/sms`),
  { authToken: Buffer.from(`${AC}:${A}`).toString('base64') },
  ['token_shape'],
  (c) => ({ options: { ...c.options, authToken: A } }),
)
addApp(
  'a semicolon behind the token',
  'copied from code',
  post(`${O}/sms`),
  { authToken: `${A};` },
  ['token_quoted'],
  (c) => ({
    options: { ...c.options, authToken: A },
  }),
)

// ---- strangers: a rejection with a code of its own is no fault of the options
const strange = { 'user-agent': 'curl/8.5.0' }
const stranger = (name: string, request: ReturnType<typeof post>, options: VerifierOptions = {}): void => {
  const { 'i-twilio-idempotency-token': _, ...headers } = request.headers
  addApp(name, 'scanners', { ...request, headers: { ...headers, ...strange } }, options, ['?not_from_twilio'])
}
const forged = (headers: Readonly<Record<string, string>> = {}) => post(`${O}/sms`, { token: B, headers })
stranger('stranger, no signature at all in the header', forged({ 'x-twilio-signature': 'test' }))
stranger('stranger, SHA-256', forged({ 'x-twilio-signature': Buffer.alloc(32, 7).toString('base64') }))
stranger(
  'stranger, a SharedKey',
  forged({
    'x-twilio-signature': Buffer.alloc(32, 7).toString('base64'),
    'x-twilio-webhooks-signature-settings': 'key=k,algorithm=HMAC_SHA256',
  }),
)
stranger('stranger, another host', forged({ host: '203.0.113.9' }), { publicUrl: [O, 'https://b.example.com'] })
stranger('stranger, DELETE', { ...forged(), method: 'DELETE' })
stranger('stranger, an unknown account', post(`${O}/sms`, { token: B, params: { ...sms, AccountSid: SUB } }), {
  authToken: { [AC]: A },
})
stranger('stranger, a large body', forged(), { maxBodyBytes: 64 })
stranger('stranger, Latin-1', post(`${O}/sms`, { token: B, body: 'Body=%FC&From=%2B1415' }))
