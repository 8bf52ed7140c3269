import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accountSid,
  authToken,
  collectLog,
  publicUrl,
  readUntil,
  type Started,
  send,
  sendRaw,
  separators,
  signSms,
  startGateway,
} from './support.ts'

const gateways: Started[] = []
const webSocketPaths = ['/media']
let forwardedPort = 0
let envoyPort = 0

async function start(style: 'forwarded' | 'envoy', pathPrefix?: string): Promise<number> {
  const gateway = await startGateway('', {
    forwardAuth: {
      listen: { port: 0 },
      style,
      pathPrefix,
      publicUrl,
      authToken,
      methods: ['GET', 'POST', 'PUT'],
      maxBodyBytes: 10_000,
      webSocketPaths,
    },
    routes: [],
  })
  gateways.push(gateway)
  return gateway.port
}

beforeAll(async () => {
  forwardedPort = await start('forwarded')
  envoyPort = await start('envoy', '/envoy')
})

afterAll(async () => {
  for (const gateway of gateways) await gateway.close({ graceMs: 0 })
})

interface AuthRequest {
  method?: string
  path?: string
  headers: OutgoingHttpHeaders
  body?: string
}

/** Returns what the proxy learns. */
async function ask(port: number, { method = 'GET', path = '/', ...rest }: AuthRequest) {
  const { status, headers } = await send(`http://127.0.0.1:${port}`, { method, target: path, ...rest })
  return { status, verified: headers['tollgate-verified'], account: headers['tollgate-account-sid'] }
}

const signed = signSms('/sms?x=%41')
const length = String(Buffer.byteLength(signed.body))
const described = {
  'x-forwarded-method': 'POST',
  'x-forwarded-host': 'api.example.com',
  'x-forwarded-uri': '/sms?x=%41',
}
const { host: _, ...signedHeaders } = signed.headers
const refused = { status: 403, verified: undefined, account: undefined }
const accepted = { status: 200, verified: 'params', account: accountSid }

/** Asks about the genuine request, with other headers or another body. */
function askAs(more: OutgoingHttpHeaders = {}, body = signed.body, port = forwardedPort) {
  return ask(port, { headers: { ...signedHeaders, ...described, 'content-length': length, ...more }, body })
}

test.each(['POST', 'PUT'])('Traefik with forwardBody: only a genuine %s with its body is accepted', async (method) => {
  const asked = { ...described, 'x-forwarded-method': method }
  expect(await askAs(asked)).toEqual(accepted)
  expect(await askAs(asked, signed.body.replace('more', 'less'))).toEqual(refused)
  expect(await ask(forwardedPort, { headers: { ...signedHeaders, ...asked } })).toEqual(refused)
  // Without a body, it has the same signature as a GET.
  const get = signRequest({ url: `${publicUrl}/sms?x=%41`, method: 'GET', authToken })
  const empty = { ...get.headers, ...asked }
  for (const more of [{}, { 'content-length': '0' }, { 'transfer-encoding': 'chunked' }])
    expect(await ask(forwardedPort, { headers: { ...empty, ...more } })).toEqual(refused)
  expect(await ask(forwardedPort, { headers: { ...empty, 'x-forwarded-method': 'GET' } })).toMatchObject({
    status: 200,
  })
})

test('a request with missing or ambiguous X-Forwarded headers is refused', async () => {
  for (const [name, value] of Object.entries(described)) {
    const { [name]: _gone, ...rest }: Record<string, string> = { ...signedHeaders, ...described }
    const headers = { ...rest, 'content-length': length }
    expect(await ask(forwardedPort, { headers, body: signed.body })).toEqual(refused)
    expect(await askAs({ [name]: [value, value] })).toEqual(refused)
  }
  for (const uri of ['http://api.example.com/sms?x=%41', 'sms', ''])
    expect(await askAs({ 'x-forwarded-uri': uri })).toEqual(refused)
})

test('A10 a request whose path servers read in two ways is refused', async () => {
  for (const host of ['a/b', 'a?x=', 'u@h', '']) expect(await askAs({ 'x-forwarded-host': host })).toEqual(refused)
  for (const path of ['/x/../sms', '/%2e%2e/sms', '/a\\sms']) {
    const { headers, body } = signSms(path)
    const { host: _host, ...own } = headers
    expect(await askAs({ ...own, 'x-forwarded-uri': path }, body)).toEqual(refused)
  }
})

test('Envoy: the request is read from below the prefix, with its whole body', async () => {
  const headers = { ...signed.headers, 'content-length': length, 'x-envoy-auth-partial-body': 'false' }
  const asked = { method: 'POST', path: '/envoy/sms?x=%41', headers, body: signed.body }
  expect(await ask(envoyPort, asked)).toEqual(accepted)
  for (const wrong of [
    { headers: { ...headers, 'x-envoy-auth-partial-body': 'true' } },
    { path: '/sms?x=%41' },
    { body: signed.body.replace('more', 'less') },
    { headers: { ...headers, 'content-length': '0' }, body: '' },
  ])
    expect(await ask(envoyPort, { ...asked, ...wrong })).toEqual(refused)
})

test('E5: a request with a verdict header, or one that CGI reads as such, is refused', async () => {
  for (const separator of separators)
    for (const name of ['Verified', 'Account-Sid', 'Stale', 'Delivery'])
      expect(await askAs({ [`Tollgate${separator}${name}`]: 'body' })).toEqual(refused)
  expect(await askAs({ tollgates: 'x' })).toEqual(accepted)
})

test('100 Continue is sent once, and only for a well-formed signature', async () => {
  const lines = Object.entries({
    host: 'x',
    ...signedHeaders,
    ...described,
    expect: '100-continue',
    connection: 'close',
  })
  const formatHead = (list: [string, string][], more: string) =>
    `POST / HTTP/1.1\r\n${list.map(([name, value]) => `${name}: ${value}\r\n`).join('')}${more}\r\n`
  const socket = connect(forwardedPort, '127.0.0.1')
  socket.write(formatHead(lines, `content-length: ${length}\r\n`))
  const [first] = (await once(socket, 'data')) as [Buffer]
  expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write(signed.body)
  expect(await readUntil(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  const unsigned = lines.filter(([name]) => !/twilio/i.test(name))
  expect(await sendRaw(forwardedPort, formatHead(unsigned, 'content-length: 9\r\n'))).toMatch(/^HTTP\/1\.1 403 /)
  const unknown = lines.map(([name, value]): [string, string] => [name, name === 'expect' ? 'x' : value])
  expect(await sendRaw(forwardedPort, formatHead(unknown, 'content-length: 9\r\n'))).toMatch(/^HTTP\/1\.1 417 /)
})

test('a field named __proto__ is like any other', async () => {
  // Releases of Node.js 20 up to 20.19.5 at least throw in `headersDistinct`.
  const lines = Object.entries({ ...signedHeaders, ...described, connection: 'close', 'content-length': length })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const bytes = `POST / HTTP/1.1\r\nhost: a\r\n__proto__: x\r\n${head}\r\n${signed.body}`
  expect(await sendRaw(forwardedPort, bytes)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
})

function askToUpgrade(uri: string, signedUrl: string, upgrade: Record<string, string | string[]>, method = 'GET') {
  const { headers } = signRequest({ url: signedUrl, method: 'GET', authToken })
  const asked = { 'x-forwarded-method': method, 'x-forwarded-uri': uri, ...upgrade }
  return ask(forwardedPort, {
    headers: { 'x-twilio-signature': headers['x-twilio-signature'] ?? '', ...described, ...asked },
  })
}

test('X-Forwarded-Upgrade makes a handshake on the WebSocket paths', async () => {
  const upgrade = { 'x-forwarded-upgrade': 'websocket' }
  for (const path of ['/media', '/media/1'])
    expect(await askToUpgrade(path, `wss://api.example.com${path}`, upgrade)).toMatchObject({ status: 200 })
  expect(await askToUpgrade('/media', 'wss://api.example.com/media', {})).toEqual(refused)
  expect(await askToUpgrade('/media', 'https://api.example.com/media', { 'x-forwarded-upgrade': '' })).toMatchObject({
    status: 200,
  })
})

test('E9: X-Forwarded-Upgrade is refused unless it is one WebSocket on a listed path', async () => {
  const others = ['/', '/sms', '/mediator', '/media/../sms', '/media/%2e%2e/sms', '/media//x', '/media;/../sms']
  const wrong = ['h2c', 'h2c, websocket', 'websocket,h2c', 'websocket, h2c', 'TLS/1.0', ' ', 'websocket/13']
  const doubled = [
    ['websocket', 'websocket'],
    ['h2c', 'websocket'],
    ['', 'h2c'],
    ['websocket', ''],
  ]
  for (const path of ['/media', ...others])
    for (const upgrade of [...wrong, ...doubled, ...(path === '/media' ? [] : ['websocket'])])
      for (const scheme of ['wss', 'https'])
        expect(
          await askToUpgrade(path, `${scheme}://api.example.com${path}`, { 'x-forwarded-upgrade': upgrade }),
          `${path} ${upgrade}`,
        ).toEqual(
          upgrade === ' ' && scheme === 'https' && !/\.\.|%2e/.test(path)
            ? { ...refused, status: 200, verified: 'url', account: '' }
            : refused,
        )
})

test('E9: a Connection that nominates a field is refused', async () => {
  const nominated = [
    'tollgate-delivery',
    'tollgate-verified',
    'Tollgate-Account-Sid',
    'x-twilio-signature',
    'content-type',
  ]
  for (const name of nominated)
    for (const connection of [name, `close, ${name}`, `${name},keep-alive`, ['close', name]])
      expect(await askAs({ connection })).toEqual(refused)
  for (const connection of ['close', 'keep-alive', 'Keep-Alive, Close', 'close, ,'])
    expect(await askAs({ connection })).toEqual(accepted)
})

test('a body beyond the limit is answered 413', async () => {
  expect((await askAs({ 'content-length': '20000' }, 'x'.repeat(20_000))).status).toBe(413)
})

async function startLogged() {
  const { lines, log } = collectLog()
  const forwardAuth = { listen: { port: 0 }, publicUrl, authToken }
  const gateway = await startGateway('', { admin: { port: 0 }, log, forwardAuth, routes: [] })
  const readLog = () => {
    expect(JSON.stringify(lines)).not.toContain(authToken)
    return lines.map(({ method, path, code, status }) => [method, path, code, status])
  }
  return { ...gateway, readLog }
}

test('each original request is in the log and the metrics', async () => {
  const { port, adminUrl, readLog } = await startLogged()
  await askAs({}, signed.body, port)
  await askAs({}, signed.body.replace('more', 'less'), port)
  await ask(port, { headers: { ...signedHeaders, ...described } })
  await ask(port, { headers: { 'x-forwarded-method': 'GET' } })
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
  for (const code of ['accepted', 'signature_mismatch', 'body_missing', 'original_unknown'])
    expect(metrics).toContain(`tollgate_verdicts_total{code="${code}",route="forward-auth"} 1`)
  expect(metrics).toContain('tollgate_responses_total{status="403",by="forward-auth"} 3')
  expect(readLog()).toEqual([
    ['POST', '/sms', 'accepted', 200],
    ['POST', '/sms', 'signature_mismatch', 403],
    ['POST', '/sms', 'body_missing', 403],
    ['GET', '/', 'original_unknown', 403],
  ])
})

test('requests that are answered without being read are in the log', async () => {
  const { port, readLog } = await startLogged()
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  for (const [bytes, status] of [
    [`GET / HTTP/1.1\r\nHost: x\r\n${upgrade}`, 403],
    ['CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', 403],
    ['nonsense\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ] as const)
    expect(await sendRaw(port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  const silent = connect(port, '127.0.0.1').end()
  await once(silent.resume(), 'close')
  expect(readLog()).toEqual([
    ['GET', '', 'original_unknown', 403],
    ['CONNECT', '', 'original_unknown', 403],
    ['', '', 'malformed', 400],
    ['', '', 'head_too_large', 431],
  ])
})

test('a request whose body breaks is in the log once', async () => {
  const { port, readLog } = await startLogged()
  const headers = Object.entries({ ...signedHeaders, ...described }).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `POST / HTTP/1.1\r\nHost: x\r\n${headers.join('')}Transfer-Encoding: chunked\r\n\r\n`
  const socket = connect(port, '127.0.0.1')
  socket.write(head)
  setTimeout(() => socket.write('nonsense\r\n'), 50)
  expect(await readUntil(socket)).toMatch(/^HTTP\/1.1 400 /)
  await expect.poll(readLog).toHaveLength(1)
})

test('a reload changes all options except the address', async () => {
  const { reload, port } = await startLogged()
  const askNow = async () => (await askAs({}, signed.body, port)).status
  expect(await askNow()).toBe(200)
  const forwardAuth = { listen: { port: 0 }, publicUrl, authToken: authToken.replace('3', '4') }
  await expect(reload({ listen: { port: 0 }, routes: [], forwardAuth: { ...forwardAuth, authToken: '' } })) //
    .rejects.toThrow('"authToken" is empty')
  await expect(reload({ routes: [], forwardAuth: { ...forwardAuth, listen: { port: 1 } } })) //
    .rejects.toThrow('"forwardAuth.listen" cannot change')
  expect(await askNow()).toBe(200)
  await reload({ routes: [], forwardAuth })
  expect(await askNow()).toBe(403)
})

test('without routes, only forward-auth has a listener', async () => {
  const forwardAuth = { listen: { port: 0 }, publicUrl, authToken }
  const { url, adminUrl, forwardAuthUrl, reload } = await startGateway('', { forwardAuth, routes: [] })
  expect([url, adminUrl]).toEqual(['', undefined])
  expect((await fetch(forwardAuthUrl ?? '')).status).toBe(403)
  const route = { path: '/', upstream: 'http://127.0.0.1:1', publicUrl, authToken }
  await expect(reload({ forwardAuth, routes: [route] })).rejects.toThrow('"routes" cannot be added or removed')
})
