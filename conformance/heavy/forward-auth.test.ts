import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createGateway } from '@tollgate/gateway'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { type SignedRequest, signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { type RunningProxy, startCaddy, startHaproxy } from '../../tools/services/proxies.mjs'
import { makeFolder } from '../../tools/services/run-server.mjs'
import { otherToken, token } from '../kit/draft.ts'
import { type Certificate, makeCertificate } from '../proxies/certificate.ts'
import { sendTls, toWire, type Wire } from '../proxies/client.ts'
import { fillConfiguration } from '../proxies/configuration.ts'

const publicUrl = 'https://app.example.com'
const accountSid = 'AC0123456789abcdef0123456789abcdef'

/** A request as the application got it. */
interface Seen {
  readonly line: string
  readonly fields: readonly string[]
  readonly body: string
}
const seen: Seen[] = []
const arrivals = new EventTarget()

/**
 * An application that agrees to every upgrade, so that only the proxy and the gateway decide. It
 * reads the requests itself, and what comes through a tunnel counts as a request too.
 */
const app = createServer((socket) => {
  let text = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    text = answer(socket, text + chunk.toString('latin1'))
  })
})

function answer(socket: Socket, text: string): string {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return text
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const read = (name: string) =>
    fields.find((field) => field.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1)
  const bodyEnd = end + 4 + Number(read('content-length') ?? 0)
  if (text.length < bodyEnd) return text
  seen.push({ line, fields, body: text.slice(end + 4, bodyEnd) })
  arrivals.dispatchEvent(new Event('request'))
  const protocol = read('upgrade')?.trim()
  const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'
  socket.write(
    protocol === undefined
      ? 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nreached'
      : `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${accept}\r\n`,
  )
  return answer(socket, text.slice(bodyEnd))
}

const folder = makeFolder('forward-auth')
const gateway = createGateway({
  forwardAuth: {
    listen: { port: 0 },
    publicUrl,
    authToken: token,
    webSocketPaths: ['/media'],
    replay: replayGuard({ store: memoryStore() }),
  },
  routes: [],
})
let certificate: Certificate
let authPort: string

beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  certificate = await makeCertificate(folder)
  authPort = new URL((await gateway.listen()).forwardAuthUrl ?? '').port
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  app.close()
  rmSync(folder, { recursive: true })
})

beforeEach(() => {
  seen.length = 0
})

function readExample(name: string): string {
  return readFileSync(new URL(`../../examples/proxies/${name}`, import.meta.url), 'utf8').replaceAll('8081', authPort)
}

/** A proxy of Go's kind: it removes what `Connection` names, and tunnels every upgrade. */
const caddyfile = `https://app.example.com {
	tls /etc/ssl/example.com.crt /etc/ssl/example.com.key
	route {
		forward_auth 127.0.0.1:8081 {
			uri /
			header_up X-Forwarded-Upgrade {header.Upgrade}
			header_up X-Forwarded-Connection {header.Connection}
			header_up -Upgrade
			header_up -Connection
			copy_headers Tollgate-Verified Tollgate-Account-Sid Tollgate-Delivery
		}
		reverse_proxy 127.0.0.1:3000
	}
}
`

const proxies = {
  HAProxy: { start: startHaproxy, read: () => readExample('haproxy-forward-auth.cfg') },
  Caddy: { start: startCaddy, read: () => caddyfile.replaceAll('8081', authPort) },
}

async function startProxy(name: keyof typeof proxies): Promise<{ proxy: RunningProxy; port: number }> {
  const { start, read } = proxies[name]
  const port = await findFreePort()
  const script = join(folder, 'tollgate.lua')
  writeFileSync(script, readExample('tollgate.lua'))
  const { port: appPort } = app.address() as AddressInfo
  const places = { port, appPort, certificate, webRoot: folder }
  const configuration = fillConfiguration(read(), places).replace('/etc/haproxy/tollgate.lua', script)
  return { proxy: await start(configuration, [port]), port }
}

function signGet(target: string, authToken = token): Wire {
  return toWire(signRequest({ url: `${publicUrl}${target}`, method: 'GET', authToken }))
}

function readField({ fields }: Seen, name: string): readonly string[] {
  return fields
    .filter((field) => field.toLowerCase().startsWith(`${name}:`))
    .map((field) => field.slice(name.length + 1).trim())
}

/** Sends bytes over TLS, and returns everything that came back until the answer or the close. */
function exchange(port: number, bytes: string, more?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'app.example.com', rejectUnauthorized: false })
    let text = ''
    const finish = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.on('secureConnect', () => socket.write(bytes, 'latin1'))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      if (head === -1) return
      // What the client sends after a 101 goes through the tunnel, if there is one.
      if (text.startsWith('HTTP/1.1 101')) {
        if (more === undefined) finish()
        else {
          arrivals.addEventListener('request', finish, { once: true })
          socket.write(more, 'latin1')
        }
      } else finish()
    })
    socket.on('close', finish)
    socket.on('error', reject)
    socket.setTimeout(8000, () => socket.destroy(new Error('no answer')))
  })
}

function toBytes({ method, target, headers, body }: Wire, more: readonly string[] = []): string {
  const length = body === undefined ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), ...length, ...more]
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

const readStatus = (text: string): number => Number(text.split(' ')[1])

describe('HAProxy with haproxy-forward-auth.cfg', () => {
  let proxy: RunningProxy
  let port: number
  beforeAll(async () => {
    const started = await startProxy('HAProxy')
    proxy = started.proxy
    port = started.port
  })
  afterAll(() => proxy.stop())

  const form = (Body: string): SignedRequest =>
    signRequest({ url: `${publicUrl}/sms?x=a+b%20c`, params: { AccountSid: accountSid, Body }, authToken: token })
  const json = JSON.stringify({ data: { accountSid, text: 'é\u0000"' } })
  const sha = createHash('sha256').update(json).digest('hex')
  const event = signRequest({
    url: `${publicUrl}/events?bodySHA256=${sha}`,
    body: json,
    contentType: 'application/json',
    authToken: token,
  })

  test('genuine forms, JSON and GET requests pass, with their verdict', async () => {
    const long = form('x'.repeat(30_000))
    const get = signGet(`/voice?AccountSid=${accountSid}&From=%2B1555&q=a+b%20c`)
    for (const [wire, verified, account] of [
      [toWire(form('hello')), 'params', accountSid],
      [toWire(long), 'params', accountSid],
      [toWire(event), 'body', accountSid],
      [get, 'url', accountSid],
    ] as const) {
      seen.length = 0
      const reply = await sendTls(port, wire)
      expect([reply.status, reply.body]).toEqual([200, 'reached'])
      const [request] = seen
      expect(request?.line).toBe(`${wire.method} ${wire.target} HTTP/1.1`)
      expect(request?.body).toBe(Buffer.from(wire.body ?? '').toString('latin1'))
      expect(request && readField(request, 'tollgate-verified')).toEqual([verified])
      expect(request && readField(request, 'tollgate-account-sid')).toEqual([account])
      expect(request && readField(request, 'tollgate-delivery')).toEqual(['first'])
    }
    expect((await sendTls(port, toWire(form('hello')))).status).toBe(200)
    expect(readField(seen.at(-1) as Seen, 'tollgate-delivery')).toEqual(['repeated'])
  })

  test('forged, unsigned and misdirected requests do not pass', async () => {
    const genuine = toWire(form('hello'))
    for (const wire of [
      { ...genuine, body: `${genuine.body}&To=evil` },
      { ...genuine, body: undefined },
      { ...genuine, target: '/other' },
      { ...genuine, method: 'DELETE' },
      { ...toWire(event), body: json.replace('text', 'texx') },
      signGet('/voice', otherToken),
      { ...signGet('/voice'), target: '/other' },
      { ...signGet('/voice'), headers: [['host', 'app.example.com']] as const },
      { ...signGet('/voice'), body: 'Body=forged' },
      { ...signGet('/voice'), method: 'POST', body: 'Body=forged' },
      { ...signGet('/voice'), method: 'POST' },
      {
        ...signGet('/voice'),
        target: '/admin',
        headers: [...signGet('/voice').headers, ['X-Forwarded-Uri', '/voice'], ['X-Original-Uri', '/voice']] as const,
      },
    ])
      expect((await sendTls(port, wire)).status).toBe(403)
    expect(seen).toEqual([])
  })

  test('a body that is not whole when it is verified does not pass', async () => {
    const genuine = toWire(form('hello'))
    const chunked = toBytes({ ...genuine, body: undefined }, ['transfer-encoding: chunked'])
    const size = Buffer.byteLength(genuine.body ?? '').toString(16)
    expect(readStatus(await exchange(port, `${chunked}${size}\r\n${genuine.body}\r\n0\r\n\r\n`))).toBe(403)
    // Larger than the buffer of HAProxy.
    expect((await sendTls(port, toWire(form('x'.repeat(200_000))))).status).toBe(403)
    expect(seen).toEqual([])
  })

  test('over HTTP/2, a body without a length does not pass', async () => {
    const { headers, body = '' } = toWire(form('hello'))
    for (const wire of [
      { ...signGet('/voice'), body: 'Body=forged' },
      { ...toWire(form('hello')), headers, body },
      { ...toWire(form('hello')), headers, body: `${body}&To=evil` },
    ])
      expect(await sendOverHttp2(port, wire)).toBe(403)
    expect(seen).toEqual([])
    expect(await sendOverHttp2(port, { ...signGet('/voice'), body: '' })).toBe(200)
  })

  test('no verdict of the client reaches the application', async () => {
    for (const name of [
      'tollgate-verified',
      'Tollgate-Stale',
      'tollgate_verified',
      'tollgate~verified',
      'Tollgate.Verified',
    ]) {
      seen.length = 0
      const wire = signGet('/voice')
      const { status } = await sendTls(port, { ...wire, headers: [...wire.headers, [name, 'body'] as const] })
      expect([200, 403]).toContain(status)
      const ours = seen.flatMap(({ fields }) => fields.filter((field) => /^tollgate\W|^tollgate_/i.test(field)))
      expect(ours.map((field) => field.toLowerCase().replace(/:.*/, '')).sort()).toEqual(
        status === 200 ? ['tollgate-account-sid', 'tollgate-delivery', 'tollgate-stale', 'tollgate-verified'] : [],
      )
      expect(ours.join('\n')).not.toContain('body')
    }
  })
})

/** Sends a request without a length, which HTTP/2 allows. Returns the status. */
function sendOverHttp2(port: number, { method, target, headers, body }: Wire): Promise<number> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    servername: 'app.example.com',
    rejectUnauthorized: false,
  })
  const plain = headers.filter(([name]) => name !== 'host')
  const pseudo = { ':method': method, ':path': target, ':authority': 'app.example.com' }
  return new Promise<number>((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({ ...pseudo, ...Object.fromEntries(plain) }, { endStream: false })
    stream.on('error', reject)
    stream.on('response', (reply) => resolve(Number(reply[':status'])))
    stream.resume()
    stream.end(body)
  }).finally(() => session.destroy())
}

// What a client can write into the two fields with which it asks for another protocol.
const upgrades = [
  [],
  ['websocket'],
  ['WebSocket'],
  ['h2c'],
  ['TLS/1.2, HTTP/1.1'],
  ['h2c', 'websocket'],
  ['websocket', 'h2c'],
  ['websocket, h2c'],
  ['x'],
]
const connections = [
  ['Upgrade'],
  ['keep-alive, Upgrade'],
  ['close, tollgate-delivery'],
  ['Upgrade, tollgate-verified'],
  ['Upgrade', 'Tollgate-Delivery'],
  ['Upgrade, HTTP2-Settings'],
  ['content-type, Upgrade'],
  [],
]
const key = [
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
]

for (const name of ['HAProxy', 'Caddy'] as const)
  test(`E9: ${name} opens a tunnel only for a signed WebSocket on a listed path`, async () => {
    const { proxy, port } = await startProxy(name)
    const counts = { tunnels: 0, passed: 0, refused: 0 }
    try {
      for (const target of ['/media', '/sms', '/media/../sms'])
        for (const signer of ['wss', 'https', 'unsigned'])
          for (const upgrade of upgrades)
            for (const connection of connections) {
              seen.length = 0
              const url = signer === 'wss' ? `wss://app.example.com${target}` : `${publicUrl}${target}`
              const signed = signRequest({ url, method: 'GET', authToken: signer === 'unsigned' ? otherToken : token })
              const headers = [
                ['host', 'app.example.com'],
                ...Object.entries(signed.headers).filter(([field]) => field !== 'host'),
              ] as const
              const asked = [
                ...connection.map((value) => `Connection: ${value}`),
                ...upgrade.map((value) => `Upgrade: ${value}`),
                ...key,
              ]
              const bytes = toBytes(
                { method: 'GET', target, headers: headers as Wire['headers'], body: undefined },
                asked,
              )
              const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n'
              const status = readStatus(await exchange(port, bytes, smuggled))
              const what = JSON.stringify({ target, signer, upgrade, connection, status })
              const [request] = seen
              if (request === undefined) {
                expect([400, 403], what).toContain(status)
                counts.refused++
                continue
              }
              // A request that arrived was signed for this path, and has every field of the
              // verdict.
              expect(signer, what).not.toBe('unsigned')
              expect(readField(request, 'tollgate-verified'), what).toEqual(['url'])
              const asksFor = readField(request, 'upgrade').join().toLowerCase()
              if (asksFor !== '') {
                expect([asksFor, target, signer], what).toEqual(['websocket', '/media', 'wss'])
                counts.tunnels++
              } else {
                expect(signer, what).toBe('https')
                expect(readField(request, 'tollgate-delivery').length, what).toBe(1)
                expect(seen.length, what).toBe(1)
                counts.passed++
              }
            }
    } finally {
      await proxy.stop()
    }
    // Otherwise the test would hold for a proxy that refuses everything.
    expect(counts.tunnels).toBeGreaterThan(0)
    expect(counts.passed).toBeGreaterThan(0)
    expect(counts.refused).toBeGreaterThan(100)
  }, 120_000)
