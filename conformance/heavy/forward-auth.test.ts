import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createGateway } from '@tollgate/gateway'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCaddy } from '../../tools/services/caddy.mjs'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { startHaproxy } from '../../tools/services/haproxy.mjs'
import { startNginx } from '../../tools/services/nginx.mjs'
import type { RunningProxy } from '../../tools/services/proxy.d.mts'
import { makeFolder } from '../../tools/services/run-server.mjs'
import { otherToken, token } from '../kit/draft.ts'
import { type Certificate, makeCertificate } from '../proxies/certificate.ts'
import { sendBytes, sendTls, toWire, type Wire } from '../proxies/client.ts'
import { fillConfiguration } from '../proxies/configuration.ts'

const proxies = {
  nginx: { file: 'nginx-forward-auth.conf', start: startNginx, passesUpgrades: false },
  Caddy: { file: 'Caddyfile-forward-auth', start: startCaddy, passesUpgrades: true },
  HAProxy: { file: 'haproxy-forward-auth.cfg', start: startHaproxy, passesUpgrades: true },
}

const publicUrl = 'https://app.example.com'
const accountSid = 'AC0123456789abcdef0123456789abcdef'
const seen: IncomingMessage['headers'][] = []
const bodies: string[] = []
const app = createServer(async (req, res) => {
  seen.push(req.headers)
  let body = ''
  for await (const chunk of req.setEncoding('utf8')) body += chunk
  bodies.push(body)
  res.end('reached')
})
app.on('upgrade', (_, socket) => {
  socket.on('error', () => socket.destroy())
  const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
  socket.end(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${accept}\r\n\r\n`)
})
const folder = makeFolder('forward-auth')
const gateway = createGateway({
  listen: { port: 0 },
  forwardAuth: { listen: { port: 0 }, publicUrl, authToken: token, webSocketPaths: ['/media'] },
  routes: [],
})
let certificate: Certificate
let authPort: string

beforeAll(async () => {
  app.listen(0, '127.0.0.1')
  certificate = await makeCertificate(folder)
  authPort = new URL((await gateway.listen()).forwardAuthUrl ?? '').port
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  app.closeAllConnections()
  app.close()
  rmSync(folder, { recursive: true })
})

function signGet(target: string, authToken = token) {
  return toWire(signRequest({ url: `${publicUrl}${target}`, method: 'GET', authToken }))
}

/** Sends a GET with a body but without a length, which HTTP/2 allows. Returns the status. */
function sendOverHttp2(port: number, { target, headers }: Wire, body: string): Promise<number> {
  const session = connect(`https://127.0.0.1:${port}`, { servername: 'app.example.com', rejectUnauthorized: false })
  const plain = headers.filter(([name]) => name !== 'host')
  const pseudo = { ':method': 'GET', ':path': target, ':authority': 'app.example.com' }
  return new Promise<number>((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({ ...pseudo, ...Object.fromEntries(plain) }, { endStream: false })
    stream.on('error', reject)
    stream.on('response', (answer) => resolve(Number(answer[':status'])))
    stream.resume()
    stream.end(body)
  }).finally(() => session.destroy())
}

/** Sends a handshake for /media and returns the status. */
function openWebSocket(port: number, headers: Readonly<Record<string, string>>): Promise<number> {
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  return new Promise((resolve, reject) => {
    const tls = { servername: 'app.example.com', rejectUnauthorized: false, agent: false, timeout: 8000 }
    const req = request({
      host: '127.0.0.1',
      port,
      path: '/media',
      headers: { ...headers, ...upgrade, ...key },
      ...tls,
    })
    req.on('upgrade', (answer, socket) => {
      socket.destroy()
      resolve(answer.statusCode ?? 0)
    })
    req.on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
    req.on('timeout', () => req.destroy(new Error('no answer')))
    req.on('error', reject)
    req.end()
  })
}

function readExample(name: string): string {
  return readFileSync(new URL(`../../examples/proxies/${name}`, import.meta.url), 'utf8').replaceAll('8081', authPort)
}

for (const [name, { file, start, passesUpgrades }] of Object.entries(proxies))
  describe(`${name} with ${file}`, () => {
    let proxy: RunningProxy
    let port: number

    beforeAll(async () => {
      port = await findFreePort()
      const script = join(folder, 'tollgate.lua')
      writeFileSync(script, readExample('tollgate.lua'))
      const { port: appPort } = app.address() as AddressInfo
      const places = { port, appPort, certificate, webRoot: folder }
      const configuration = fillConfiguration(readExample(file), places)
        .replace('/etc/haproxy/tollgate.lua', script)
        // Caddy and HAProxy speak HTTP/2 without being asked to.
        .replace(`listen 127.0.0.1:${port} ssl;`, `listen 127.0.0.1:${port} ssl http2;`)
      proxy = await start(configuration, [port])
    })

    afterAll(() => proxy.stop())

    test('a genuine GET passes, with its verdict headers', async () => {
      seen.length = 0
      const target = `/voice?AccountSid=${accountSid}&From=%2B1555&q=a+b%20c`
      const wire = signGet(target)
      const spoofed = [
        ['Tollgate-Verified', 'body'],
        ['Tollgate-Account-Sid', 'AC1'],
      ] as const
      const reply = await sendTls(port, { ...wire, headers: [...wire.headers, ...spoofed] })
      expect([reply.status, reply.body]).toEqual([200, 'reached'])
      expect(seen[0]).toMatchObject({ 'tollgate-verified': 'url' })
      expect(seen[0]?.['tollgate-account-sid'] ?? '').toBe(accountSid)
    })

    test('a verdict header without a value does not come from the client either', async () => {
      seen.length = 0
      const wire = signGet('/voice')
      const spoofed = [['Tollgate-Account-Sid', 'AC1']] as const
      expect((await sendTls(port, { ...wire, headers: [...wire.headers, ...spoofed] })).status).toBe(200)
      expect(seen[0]?.['tollgate-account-sid'] ?? '').toBe('')
    })

    test('no other spelling of a verdict header reaches the application', async () => {
      const wire = signGet('/voice')
      for (const name of ['tollgate_verified', 'tollgate~verified', 'Tollgate.Verified', 'tollgate-verified_']) {
        seen.length = 0
        const { status } = await sendTls(port, { ...wire, headers: [...wire.headers, [name, 'body'] as const] })
        expect([200, 403]).toContain(status)
        const names = seen.flatMap((headers) => Object.keys(headers)).filter((one) => one.startsWith('tollgate'))
        expect(names.filter((one) => !/^tollgate-(verified|account-sid)$/.test(one))).toEqual([])
        expect(seen.map((headers) => headers['tollgate-verified'])).toEqual(status === 200 ? ['url'] : [])
      }
    })

    test('a forged GET, one for another path and an unsigned one do not pass', async () => {
      seen.length = 0
      const headers = [['host', 'app.example.com']] as const
      for (const wire of [
        signGet('/voice', otherToken),
        { ...signGet('/voice'), target: '/other' },
        { ...signGet('/voice'), headers },
        // The proxy's own headers about the request replace those of the client.
        {
          ...signGet('/voice'),
          target: '/admin',
          headers: [...signGet('/voice').headers, ['X-Forwarded-Uri', '/voice'], ['X-Original-Uri', '/voice']] as const,
        },
      ])
        expect((await sendTls(port, wire)).status).toBe(403)
      expect(seen).toEqual([])
    })

    test('a POST does not pass, not even a genuine one, because its body is not sent', async () => {
      seen.length = 0
      const genuine = toWire(
        signRequest({ url: `${publicUrl}/sms`, params: { AccountSid: accountSid, Body: 'x' }, authToken: token }),
      )
      for (const wire of [
        genuine,
        { ...genuine, body: 'Body=forged' },
        // A signed GET with an unsigned body.
        { ...signGet('/voice'), method: 'POST', body: 'Body=forged' },
        { ...signGet('/voice'), method: 'POST' },
        { ...signGet('/voice'), method: 'PUT', body: 'Body=forged' },
      ])
        expect((await sendTls(port, wire)).status).toBe(403)
      expect(seen).toEqual([])
    })

    test('a GET with a forged body does not pass', async () => {
      seen.length = 0
      expect((await sendTls(port, { ...signGet('/voice'), body: 'Body=forged' })).status).toBe(403)
      const { headers, target } = signGet('/voice')
      const lines = headers.map(([field, value]) => `${field}: ${value}\r\n`).join('')
      const chunked = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nb\r\nBody=forged\r\n0\r\n\r\n'
      expect(await sendBytes(port, Buffer.from(`GET ${target} HTTP/1.1\r\n${lines}${chunked}`))).toBe(403)
      expect(seen).toEqual([])
    })

    test('over HTTP/2, a forged body without a length does not reach the application', async () => {
      bodies.length = 0
      expect(await sendOverHttp2(port, signGet('/voice'), '')).toBe(200)
      expect([200, 403]).toContain(await sendOverHttp2(port, signGet('/voice'), 'Body=forged'))
      expect(bodies.join('')).toBe('')
    })

    if (passesUpgrades)
      test('a WebSocket handshake passes, and a forged one does not', async () => {
        const statuses = [token, otherToken].map((authToken) => {
          const signed = signRequest({ url: 'wss://app.example.com/media', method: 'GET', authToken })
          return openWebSocket(port, { ...signed.headers, host: 'app.example.com' })
        })
        expect(await Promise.all(statuses)).toEqual([101, 403])
      })
  })
