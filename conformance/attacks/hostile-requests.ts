import type { RawRequest } from '../adapter/socket.ts'
import { account, host, origin, otherToken, sharedKey, token, upgradeHeaders } from '../kit/draft.ts'
import type { Random } from '../kit/random.ts'
import { encodeForm, hashHex, joinParams, type Pairs, signText } from '../kit/sign.ts'
import { fixtureSpecimens, type Specimen } from '../vectors/specimens.ts'

/** A request before it is written as bytes. */
export interface Wire extends RawRequest {
  readonly body: Buffer
}

type Mutation = (wire: Wire, random: Random) => Wire | Promise<Wire>

const formType = 'application/x-www-form-urlencoded'
const signatureHeader = 'x-twilio-signature'

/**
 * Makes a genuine webhook from the fixtures, signed for the test's own origin, account and token.
 */
export async function makeGenuine(random: Random, isHandshake: boolean): Promise<Wire> {
  const specimen = random.pick(fixtureSpecimens.filter(({ handshake }) => handshake === isHandshake))
  const body = specimen.body?.replace(/AC[0-9a-f]{32}/g, account) ?? ''
  const params = specimen.params?.map(([name, value]) => [name, value.replace(/^AC[0-9a-f]{32}$/, account)] as const)
  const oldHash = await hashHex(specimen.body ?? '')
  const target = specimen.url.replace(/^https:..[^/]*/, '').replaceAll(oldHash, await hashHex(body))
  const text = params === undefined ? body : encodeForm(params)
  const headers = listHeaders(specimen, isHandshake)
  const signed = (isHandshake ? `wss://${host}` : origin) + target + joinParams(params ?? [])
  const wire = { method: specimen.method, target, headers, body: Buffer.from(specimen.method === 'GET' ? '' : text) }
  return withHeader(wire, signatureHeader, await signText(signed, token))
}

function listHeaders({ headers }: Specimen, isHandshake: boolean): RawRequest['headers'] {
  const type = headers['content-type']
  return [
    ['host', host],
    ...(type === undefined ? [] : [['content-type', type] as const]),
    ['i-twilio-idempotency-token', 'b15be172-d862-4a05-af7b-e25932f3a889'],
    ...(isHandshake ? handshakeHeaders : []),
  ]
}

const handshakeHeaders: RawRequest['headers'] = [
  ...Object.entries(upgradeHeaders),
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
]

function withHeader(wire: Wire, name: string, ...values: readonly string[]): Wire {
  const others = wire.headers.filter(([other]) => other.toLowerCase() !== name)
  return { ...wire, headers: [...others, ...values.map((value) => [name, value] as const)] }
}

function readHeader({ headers }: Wire, name: string): string {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1] ?? ''
}

/** Replaces, drops or inserts one character of the text. */
function alter(text: string, random: Random, put: string): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + put + text.slice(at + random.below(2))
}

const pieces = [
  'a',
  'A',
  '0',
  '/',
  '//',
  '/../',
  '/./',
  '\\',
  ';',
  ';a=b',
  '%',
  '%00',
  '%2f',
  '%2e',
  '%zz',
  '%ff',
  '+',
  '%20',
  ' ',
]
const marks = ["'", '%27', '"', '=', '&', '&a=1', '#', '?', '@', ':', ',', '|', '\t', '\u00e9', '\u00ff']

const odd = [...pieces, ...marks]

const otherHosts = [
  'evil.example',
  `${host}:443`,
  `${host}:8443`,
  `${host}.`,
  `x@${host}`,
  `${host}/sms`,
  `${host}?x=`,
  `${host}#`,
  'b.example.com:8443',
  host.toUpperCase(),
  '[::1]',
  '',
]

const forwarding: RawRequest['headers'] = [
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-host', host],
  ['x-forwarded-host', `${host}, evil.example`],
  ['x-forwarded-proto', 'http'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-port', '8443'],
  ['x-forwarded-prefix', '/admin'],
  ['x-forwarded-for', '127.0.0.1'],
  ['forwarded', `host=${host};proto=https`],
  ['forwarded', 'host=evil.example;proto=http'],
  ['x-original-url', '/admin'],
  ['x-rewrite-url', '/admin'],
]

const switches: RawRequest['headers'] = [
  ['x-http-method-override', 'GET'],
  ['x-debug', '1'],
  ['content-encoding', 'gzip'],
  ['content-encoding', 'identity'],
  ['expect', '100-continue'],
  ['i-twilio-idempotency-token', 'x'],
  ['cookie', 'a=b'],
]

const keyId = sharedKey.id
const settings: RawRequest['headers'] = [
  ['x-twilio-webhooks-signature-settings', `key=${keyId},algorithm=HMAC_SHA256`],
  ['x-twilio-webhooks-signature-settings', `key=${keyId},algorithm=HMAC_SHA1`],
  ['x-twilio-webhooks-signature-settings', `key=${keyId},algorithm=none`],
  ['x-twilio-webhooks-signature-settings', 'key=__proto__,algorithm=HMAC_SHA1'],
  ['x-twilio-webhooks-signature-settings', ''],
  ['x-twilio-signature-key-sid', keyId],
  ['x-twilio-signature-key-sid', ''],
]

const contentTypes = [
  formType,
  'APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8',
  `${formType}, text/plain`,
  'application/json',
  'application/cloudevents+json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  '',
]

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND', 'get', 'BREW']

/** Changes the parameters of a form. To another body, or to none, it appends them. */
function changeParams(wire: Wire, change: (pairs: Pairs) => Pairs): Wire {
  const pairs = [...new URLSearchParams(wire.body.toString())]
  return { ...wire, body: Buffer.from(encodeForm(change(pairs))) }
}

function changeBytes(wire: Wire, random: Random, put: readonly string[]): Wire {
  return { ...wire, body: Buffer.from(alter(wire.body.toString('latin1'), random, random.pick(put)), 'latin1') }
}

function chunk(body: Buffer, at: number): Buffer {
  const chunks = [body.subarray(0, at), body.subarray(at)].filter(({ length }) => length > 0)
  const text = chunks.map((part) => `${part.length.toString(16)}\r\n${part.toString('latin1')}\r\n`).join('')
  return Buffer.from(`${text}0\r\n\r\n`, 'latin1')
}

/**
 * Changes that may happen to a request on its way. Some leave it genuine: `findFault` finds out.
 */
const mutations: Readonly<Record<string, Mutation>> = {
  method: (wire, random) => ({ ...wire, method: random.pick(methods) }),
  'target, one character': (wire, random) => ({
    ...wire,
    target: `/${alter(wire.target.slice(1), random, random.pick(odd))}`,
  }),
  'target, case': (wire, random) => ({
    ...wire,
    target: random.oneIn(2) ? wire.target.toUpperCase() : wire.target.toLowerCase(),
  }),
  'target, escaped': (wire, random) => {
    const at = 1 + random.below(wire.target.length - 1)
    const code = wire.target.charCodeAt(at).toString(16).padStart(2, '0')
    return { ...wire, target: `${wire.target.slice(0, at)}%${code}${wire.target.slice(at + 1)}` }
  },
  'target, absolute': (wire, random) => ({
    ...wire,
    // Targets with a fragment are left out. Bun passes the path after the fragment to the
    // application, so a signature of that path is correct there.
    target: `${random.pick(['http', 'https', 'ws'])}://${random.pick([host, ...otherHosts].filter((one) => !one.includes('#')))}${wire.target}`,
  }),
  'target, query': (wire, random) => {
    const [path = '', query = ''] = wire.target.split('?')
    const pairs = query.split('&')
    const changed = [pairs.slice(1), [...pairs].reverse(), [...pairs, 'To=evil'], [...pairs, ...pairs], []]
    return { ...wire, target: `${path}?${random.pick(changed).join('&')}` }
  },
  'target, body in the query': (wire) => ({
    ...wire,
    method: 'GET',
    target: `${wire.target}${wire.target.includes('?') ? '&' : '?'}${wire.body.toString('latin1').replace(/[^!-~]/g, '')}`,
    body: Buffer.alloc(0),
  }),
  'target, a form in the path': (wire) => ({
    ...wire,
    method: 'GET',
    target: wire.target + joinParams([...new URLSearchParams(wire.body.toString())]).replace(/[^!-~]/g, ''),
    body: Buffer.alloc(0),
  }),
  host: (wire, random) => withHeader(wire, 'host', random.pick(otherHosts)),
  'a second host': (wire, random) => withHeader(wire, 'host', host, random.pick(otherHosts)),
  'a header twice': (wire, random) => ({ ...wire, headers: [...wire.headers, random.pick(wire.headers)] }),
  'a header removed': (wire, random) => withHeader(wire, random.pick(wire.headers)[0].toLowerCase()),
  'a header in capitals': (wire) => ({
    ...wire,
    headers: wire.headers.map(([name, value]) => [name.toUpperCase(), value] as const),
  }),
  'a header, one character': (wire, random) => {
    const [name, value] = random.pick(wire.headers)
    return withHeader(wire, name.toLowerCase(), alter(value, random, random.pick(odd)))
  },
  'a header over two lines': (wire, random) => {
    const [name, value] = random.pick(wire.headers)
    return withHeader(wire, name.toLowerCase(), `${value.slice(0, 3)}\r\n ${value.slice(3)}`)
  },
  forwarding: (wire, random) => ({ ...wire, headers: [...wire.headers, random.pick(forwarding)] }),
  switches: (wire, random) => ({ ...wire, headers: [...wire.headers, random.pick(switches)] }),
  settings: (wire, random) => ({ ...wire, headers: [...wire.headers, random.pick(settings)] }),
  upgrade: (wire, random) => ({
    ...wire,
    headers: [...wire.headers, ...handshakeHeaders.filter(() => !random.oneIn(5))],
  }),
  'signature, one character': (wire, random) =>
    withHeader(
      wire,
      signatureHeader,
      alter(readHeader(wire, signatureHeader), random, random.pick([...odd, 'b', '='])),
    ),
  'signature, removed': (wire) => withHeader(wire, signatureHeader),
  'signature, several': (wire, random) => {
    const own = readHeader(wire, signatureHeader)
    const other = `${'A'.repeat(27)}=`
    return withHeader(
      wire,
      signatureHeader,
      ...random.pick([[own, other], [other, own], [own, own], [`${own},${other}`]]),
    )
  },
  'signature, another token': (wire) => signAgain(wire, origin + wire.target, otherToken),
  'signature, an empty token': (wire) => signAgain(wire, origin + wire.target, ''),
  'signature, another URL': (wire, random) =>
    signAgain(
      wire,
      random.pick([`http://${host}`, `wss://${host}`, 'https://evil.example', `${origin}/x`]) + wire.target,
    ),
  'signature, without the body': async (wire) =>
    withHeader(wire, signatureHeader, await signText(origin + wire.target, token)),
  'content type': (wire, random) => withHeader(wire, 'content-type', random.pick(contentTypes)),
  'a second content type': (wire, random) =>
    withHeader(wire, 'content-type', readHeader(wire, 'content-type'), random.pick(contentTypes)),
  'body, one character': (wire, random) => changeBytes(wire, random, odd),
  'body, bytes': (wire, random) => changeBytes(wire, random, ['\0', '\xff', '\xef\xbb\xbf', '\xed\xa0\x80', '\r\n']),
  'body, spaces as %20': (wire) => ({
    ...wire,
    body: Buffer.from(wire.body.toString('latin1').replaceAll('+', '%20'), 'latin1'),
  }),
  'body, removed': (wire) => ({ ...wire, body: Buffer.alloc(0) }),
  'body, something appended': (wire, random) => ({
    ...wire,
    body: Buffer.concat([wire.body, Buffer.from(random.pick(['&To=evil', '&', '=', '{}', ' ', '\n', '&Body=x']))]),
  }),
  'parameters, cut elsewhere': (wire, random) =>
    changeParams(wire, (pairs) => {
      const at = random.below(pairs.length)
      const [name = '', value = ''] = pairs[at] ?? []
      const cut = random.oneIn(2)
        ? ([name.slice(0, -1), name.slice(-1) + value] as const)
        : ([name + value, ''] as const)
      return pairs.map((pair, index) => (index === at ? cut : pair))
    }),
  'parameters, one removed': (wire, random) =>
    changeParams(wire, (pairs) => {
      const at = random.below(pairs.length + 1)
      return pairs.filter((_pair, index) => index !== at)
    }),
  'parameters, one repeated': (wire, random) =>
    changeParams(wire, (pairs) => (pairs.length === 0 ? pairs : [...pairs, random.pick(pairs)])),
  'parameters, a second value': (wire, random) =>
    changeParams(wire, (pairs) => (pairs.length === 0 ? pairs : [...pairs, [random.pick(pairs)[0], 'evil']])),
  'parameters, reversed': (wire) => changeParams(wire, (pairs) => [...pairs].reverse()),
  'parameters, odd names': (wire, random) =>
    changeParams(wire, (pairs) => [...pairs, [random.pick(['__proto__', 'a[b]', 'To[]', 'toString', '']), 'evil']]),
  'framing, chunks': (wire, random) => ({
    ...wire,
    headers: [...wire.headers, ['transfer-encoding', 'chunked']],
    body: chunk(wire.body, random.below(wire.body.length + 1)),
  }),
  'framing, both': (wire, random) => ({
    ...wire,
    headers: [
      ...wire.headers,
      ['content-length', '5'],
      ['transfer-encoding', random.pick(['chunked', 'xchunked', ''])],
    ],
  }),
  'framing, two lengths': (wire) => ({
    ...wire,
    headers: [...wire.headers, ['content-length', '5'], ['content-length', String(wire.body.length)]],
  }),
  'framing, too short': (wire, random) =>
    withHeader(wire, 'content-length', String(random.below(wire.body.length + 1))),
  'framing, too long': (wire) => withHeader(wire, 'content-length', String(wire.body.length + 9)),
}

function signAgain(wire: Wire, url: string, secret = token): Promise<Wire> {
  const pairs = readHeader(wire, 'content-type').startsWith(formType)
    ? [...new URLSearchParams(wire.body.toString())]
    : []
  return signText(url + joinParams(pairs), secret).then((signature) => withHeader(wire, signatureHeader, signature))
}

/**
 * Makes a genuine request with one to three changes, and lists their names. One in eight is of the
 * kind that the server does not serve.
 */
export async function makeMutant(
  random: Random,
  opensWebSockets: boolean,
): Promise<{ wire: Wire; done: readonly string[] }> {
  let wire = await makeGenuine(random, random.oneIn(8) !== opensWebSockets)
  const done = Array.from({ length: 1 + random.below(3) }, () => random.pick(Object.keys(mutations)))
  for (const name of done) wire = (await mutations[name]?.(wire, random)) ?? wire
  return { wire, done }
}
