import { createHash, createHmac } from 'node:crypto'
import type { Random } from '../kit/random.ts'

/** A request that no configured key has signed. */
interface Forged {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: unknown
  readonly params?: unknown
  readonly handshake: boolean
  readonly remoteAddress: string
}

const account = `AC${'a1'.repeat(16)}`

/** Keys that a stranger can guess. */
const guessableKeys = ['', ' ', 'null', 'undefined', 'token', 'your_auth_token', account, `SK${'0'.repeat(32)}`]

const names =
  'MessageSid SmsSid AccountSid From To Body NumMedia CallSid CallStatus Digits ToCity FromZip Meta[a] A.B x'.split(' ')
const texts = [
  '',
  ' ',
  'Hi',
  "It's 100% ünï & more",
  '+14155550142',
  '  a  ',
  'null',
  '[object Object]',
  '&amp;',
  'a,b',
]
const segments = ['sms', 'voice', 'api', 'twilio', 'SMS', 'a%2Fb', 'a b', '%7E', '', 'index.php', 'v1', '..']
const keys = ['bodySHA256', 'x', 'step', 'utm_source', 'AccountSid', 'Body', 'a[b]', '']
const hosts = [
  'app.example.com',
  'App.Example.com',
  'localhost:3000',
  'www.example.com',
  'example.ngrok.app',
  '[::1]',
  '?',
]
const types = [
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=UTF-8',
  'application/json',
  'multipart/form-data; boundary=b',
  'text/plain',
  '',
]

/** Makes a request as a stranger would: without a key, or with one that is not configured. */
export function forge(random: Random): Forged {
  const method = random.pick(['POST', 'POST', 'POST', 'GET', 'PUT', 'HEAD'])
  const handshake = random.oneIn(12)
  const pairs = Array.from({ length: random.below(8) }, () => [random.pick(names), makeText(random)] as const)
  const body = method === 'GET' || handshake ? undefined : makeBody(random, pairs)
  const url = makeTarget(random, body)
  const isParsed = body === undefined && random.oneIn(3)
  return {
    method: handshake ? 'GET' : method,
    url,
    headers: makeHeaders(random, `https://app.example.com${url}${pairs.flat().join('')}`, body, handshake),
    ...(body !== undefined && { body }),
    ...(isParsed && { params: Object.fromEntries(pairs) }),
    handshake,
    remoteAddress: random.pick(['127.0.0.1', '203.0.113.9', '::1', '']),
  }
}

function makeText(random: Random): string {
  if (random.oneIn(2)) return random.pick(texts)
  return Array.from({ length: random.below(30) }, () => String.fromCodePoint(32 + random.below(600))).join('')
}

function makeTarget(random: Random, body: unknown): string {
  const path = Array.from({ length: 1 + random.below(4) }, () => random.pick(segments)).join('/')
  const fields = Array.from({ length: random.below(4) }, () => {
    const key = random.pick(keys)
    // The hash of a body is no secret.
    const isHash = key === 'bodySHA256' && (typeof body === 'string' || body instanceof Uint8Array)
    const value = isHash ? createHash('sha256').update(body).digest('hex') : encodeURIComponent(random.pick(texts))
    return random.oneIn(8) ? key : `${key}=${value}`
  })
  return `/${path}${fields.length === 0 ? '' : `?${fields.join('&')}`}`
}

function makeBody(random: Random, pairs: readonly (readonly [string, string])[]): unknown {
  const form = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()
  const kinds: readonly (() => unknown)[] = [
    () => form,
    () => form,
    () => Buffer.from(form),
    () => JSON.stringify(Object.fromEntries(pairs)),
    () => Buffer.from(form).toString('base64'),
    () => form.replaceAll('%2B', '+'),
    () => `--b\r\nContent-Disposition: form-data; name="Body"\r\n\r\n${pairs.join('')}\r\n--b--\r\n`,
    () => Uint8Array.from({ length: random.below(60) }, () => random.below(256)),
    () => Object.fromEntries(pairs),
    () => ({ consumedBy: 'a parser', fix: '' }),
    () => '',
    () => undefined,
  ]
  return random.pick(kinds)()
}

function makeHeaders(random: Random, text: string, body: unknown, handshake: boolean): Forged['headers'] {
  const headers: Record<string, string | readonly string[]> = { host: random.pick(hosts) }
  const signature = makeSignature(random, text)
  if (signature !== undefined) headers['x-twilio-signature'] = signature
  if (body !== undefined || random.oneIn(4)) headers['content-type'] = random.pick(types)
  const more: readonly (readonly [string, () => string])[] = [
    ['x-forwarded-proto', () => random.pick(['https', 'http', 'https,http'])],
    ['x-forwarded-host', () => random.pick(hosts)],
    ['x-forwarded-port', () => random.pick(['443', '8443', '0'])],
    ['x-forwarded-prefix', () => `/${random.pick(segments)}`],
    ['x-original-url', () => `/${random.pick(segments)}?x=1`],
    ['forwarded', () => `for=192.0.2.1;host=${random.pick(hosts)};proto=https`],
    ['content-length', () => String(random.below(500))],
    ['content-encoding', () => random.pick(['gzip', 'identity'])],
    ['authorization', () => `Basic ${Buffer.from('user:secret').toString('base64')}`],
    ['user-agent', () => 'TwilioProxy/1.1'],
    ['x-twilio-webhooks-signature-settings', () => `key=${random.pick(['key1', 'key2'])},algorithm=HMAC_SHA256`],
    ['x-twilio-signature-key-sid', () => random.pick(['key1', 'key2'])],
  ]
  for (const [name, make] of more) if (random.oneIn(5)) headers[name] = make()
  return handshake ? { ...headers, upgrade: 'websocket', connection: 'Upgrade' } : headers
}

/** Makes a signature of random bytes or with a key that is not configured, whole or damaged. */
function makeSignature(random: Random, text: string): string | readonly string[] | undefined {
  const [hash, length] = random.pick([
    ['sha1', 20],
    ['sha1', 20],
    ['sha256', 32],
  ] as const)
  const noise = Buffer.from(Array.from({ length }, () => random.below(256)))
  const bytes = random.oneIn(2) ? noise : createHmac(hash, random.pick(guessableKeys)).update(text).digest()
  const whole = bytes.toString('base64')
  const ways: readonly (() => string | readonly string[] | undefined)[] = [
    () => whole.slice(0, random.below(whole.length)),
    () => whole.slice(1 + random.below(whole.length - 1)),
    () => whole.replace(/=+$/, ''),
    () => whole.toLowerCase(),
    () => `"${whole}"`,
    () => encodeURIComponent(whole),
    () => bytes.toString('hex'),
    () => bytes.toString('base64url'),
    () => ` ${whole} `,
    () => `${whole},${noise.toString('base64')}`,
    () => [whole, noise.toString('base64')],
    () => '',
    () => undefined,
  ]
  return random.oneIn(2) ? whole : random.pick(ways)()
}
