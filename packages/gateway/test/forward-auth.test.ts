import { once } from 'node:events'
import { request } from 'node:http'
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
  headers: Record<string, string | string[]>
  body?: string
}

function ask(
  port: number,
  { method = 'GET', path = '/', headers, body }: AuthRequest,
): Promise<{ status: number; verified: unknown; account: unknown }> {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (res) => {
      res.resume().on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          verified: res.headers['tollgate-verified'],
          account: res.headers['tollgate-account-sid'],
        }),
      )
    })
    req.on('error', reject)
    req.end(body)
  })
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

test('Traefik with forwardBody: a genuine POST is accepted with the verdict headers', async () => {
  const headers = { ...signedHeaders, ...described, 'content-length': length }
  expect(await ask(forwardedPort, { headers, body: signed.body })).toEqual({
    status: 200,
    verified: 'params',
    account: accountSid,
  })
})

test.each(['POST', 'PUT'])('a %s with a forged or missing body is refused', async (method) => {
  const asked = { ...described, 'x-forwarded-method': method }
  const headers = { ...signedHeaders, ...asked }
  expect(
    await ask(forwardedPort, { headers: { ...headers, 'content-length': length }, body: signed.body }),
  ).toMatchObject({
    status: 200,
  })
  const forged = signed.body.replace('more', 'less')
  expect(await ask(forwardedPort, { headers: { ...headers, 'content-length': length }, body: forged })).toEqual(refused)
  expect(await ask(forwardedPort, { headers })).toEqual(refused)
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
  const headers: Record<string, string | string[]> = { ...signedHeaders, ...described, 'content-length': length }
  for (const [name, value] of Object.entries(described)) {
    const { [name]: _gone, ...rest } = headers
    expect(await ask(forwardedPort, { headers: rest, body: signed.body })).toEqual(refused)
    expect(await ask(forwardedPort, { headers: { ...headers, [name]: [value, value] }, body: signed.body })).toEqual(
      refused,
    )
  }
  for (const uri of ['http://api.example.com/sms?x=%41', 'sms', ''])
    expect(await ask(forwardedPort, { headers: { ...headers, 'x-forwarded-uri': uri }, body: signed.body })).toEqual(
      refused,
    )
})

test('A10 a request whose path servers read in two ways is refused', async () => {
  const headers = { ...signedHeaders, ...described, 'content-length': length }
  const askAs = (more: Record<string, string>, body = signed.body): Promise<unknown> =>
    ask(forwardedPort, { headers: { ...headers, ...more }, body })
  for (const host of ['a/b', 'a?x=', 'u@h', '']) expect(await askAs({ 'x-forwarded-host': host })).toEqual(refused)
  for (const path of ['/x/../sms', '/%2e%2e/sms', '/a\\sms']) {
    const { headers: own, body } = signSms(path)
    const asked = { ...own, ...described, 'x-forwarded-uri': path, 'content-length': String(Buffer.byteLength(body)) }
    expect(await ask(forwardedPort, { headers: asked, body })).toEqual(refused)
  }
})

test('Envoy: the request is read from below the prefix, with its whole body', async () => {
  const path = '/envoy/sms?x=%41'
  const headers = { ...signed.headers, 'content-length': length }
  const whole = { ...headers, 'x-envoy-auth-partial-body': 'false' }
  const asked = { method: 'POST', path, headers: whole, body: signed.body }
  expect(await ask(envoyPort, asked)).toEqual({ status: 200, verified: 'params', account: accountSid })
  expect(await ask(envoyPort, { ...asked, headers: { ...headers, 'x-envoy-auth-partial-body': 'true' } })).toEqual(
    refused,
  )
  expect(await ask(envoyPort, { ...asked, path: '/sms?x=%41' })).toEqual(refused)
  expect(await ask(envoyPort, { ...asked, body: signed.body.replace('more', 'less') })).toEqual(refused)
  const { body: _body, ...bodiless } = asked
  expect(await ask(envoyPort, { ...bodiless, headers: { ...whole, 'content-length': '0' } })).toEqual(refused)
})

test('E5: a request with a verdict header, or one that CGI reads as such, is refused', async () => {
  const headers = { ...signedHeaders, ...described, 'content-length': length }
  for (const separator of separators)
    for (const name of ['Verified', 'Account-Sid', 'Stale', 'Delivery']) {
      const spoofed = { [`Tollgate${separator}${name}`]: 'body' }
      expect(await ask(forwardedPort, { headers: { ...headers, ...spoofed }, body: signed.body })).toEqual(refused)
    }
  expect(await ask(forwardedPort, { headers: { ...headers, tollgates: 'x' }, body: signed.body })).toMatchObject({
    status: 200,
  })
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
  for (const wrong of ['h2c', 'websocket, h2c'])
    for (const scheme of ['wss', 'https'])
      expect(
        await askToUpgrade('/media', `${scheme}://api.example.com/media`, { 'x-forwarded-upgrade': wrong }),
      ).toEqual(refused)
  expect(await askToUpgrade('/media', 'https://api.example.com/media', { 'x-forwarded-upgrade': '' })).toMatchObject({
    status: 200,
  })
})

test('E9: X-Forwarded-Upgrade is refused unless it is a WebSocket on a listed path', async () => {
  const others = ['/', '/sms', '/mediator', '/media/../sms', '/media/%2e%2e/sms', '/media//x', '/media;/../sms']
  const upgrades = ['websocket', 'h2c', 'h2c, websocket', 'websocket,h2c', 'TLS/1.0', ' ', 'websocket/13']
  for (const path of ['/media', ...others])
    for (const upgrade of path === '/media' ? upgrades.slice(1) : upgrades)
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

test('E9: a doubled X-Forwarded-Upgrade is refused', async () => {
  for (const path of ['/media', '/sms'])
    for (const values of [
      ['websocket', 'websocket'],
      ['h2c', 'websocket'],
      ['', 'h2c'],
      ['websocket', ''],
    ])
      for (const scheme of ['wss', 'https'])
        expect(
          await askToUpgrade(path, `${scheme}://api.example.com${path}`, { 'x-forwarded-upgrade': values }),
        ).toEqual(refused)
})

test('E9: a Connection that nominates a field is refused', async () => {
  const headers = { ...signedHeaders, ...described, 'content-length': length }
  const nominated = [
    'tollgate-delivery',
    'tollgate-verified',
    'Tollgate-Account-Sid',
    'x-twilio-signature',
    'content-type',
  ]
  for (const name of nominated)
    for (const connection of [name, `close, ${name}`, `${name},keep-alive`, ['close', name]])
      expect(await ask(forwardedPort, { headers: { ...headers, connection }, body: signed.body })).toEqual(refused)
  for (const connection of ['close', 'keep-alive', 'Keep-Alive, Close', 'close, ,'])
    expect(await ask(forwardedPort, { headers: { ...headers, connection }, body: signed.body })).toMatchObject({
      status: 200,
    })
})

test('a body beyond the limit is answered 413', async () => {
  const headers = { ...signedHeaders, ...described, 'content-length': '20000' }
  expect((await ask(forwardedPort, { headers, body: 'x'.repeat(20_000) })).status).toBe(413)
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
  const headers = { ...signedHeaders, ...described, 'content-length': length }
  await ask(port, { headers, body: signed.body })
  await ask(port, { headers, body: signed.body.replace('more', 'less') })
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
  const headers = { ...signedHeaders, ...described, 'content-length': length }
  const request = { headers, body: signed.body }
  expect((await ask(port, request)).status).toBe(200)
  const forwardAuth = { listen: { port: 0 }, publicUrl, authToken: authToken.replace('3', '4') }
  await expect(reload({ listen: { port: 0 }, routes: [], forwardAuth: { ...forwardAuth, authToken: '' } })) //
    .rejects.toThrow('"authToken" is empty')
  await expect(reload({ routes: [], forwardAuth: { ...forwardAuth, listen: { port: 1 } } })) //
    .rejects.toThrow('"forwardAuth.listen" cannot change')
  expect((await ask(port, request)).status).toBe(200)
  await reload({ routes: [], forwardAuth })
  expect((await ask(port, request)).status).toBe(403)
})

test('without routes, only forward-auth has a listener', async () => {
  const forwardAuth = { listen: { port: 0 }, publicUrl, authToken }
  const { url, adminUrl, forwardAuthUrl, reload } = await startGateway('', { forwardAuth, routes: [] })
  expect([url, adminUrl]).toEqual(['', undefined])
  expect((await fetch(forwardAuthUrl ?? '')).status).toBe(403)
  const route = { path: '/', upstream: 'http://127.0.0.1:1', publicUrl, authToken }
  await expect(reload({ forwardAuth, routes: [route] })).rejects.toThrow('"routes" cannot be added or removed')
})
