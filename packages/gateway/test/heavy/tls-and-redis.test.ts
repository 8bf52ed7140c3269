import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect as connectPlainly, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { signRequest } from 'tollgate/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { startRedis } from '../../../../tools/services/redis.mjs'
import { loadConfiguration } from '../../src/config/load.ts'
import { createResources } from '../../src/config/resources.ts'
import { createGateway } from '../../src/index.ts'
import {
  authToken,
  formatRequest,
  listenOn,
  routeTo,
  send,
  sendRaw,
  signMessage,
  signSms,
  sms,
  startGateway,
  startUpstream,
} from '../support.ts'

// In heavy/, because it needs Redis and openssl.

const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function makeCertificate(name: string): Promise<void> {
  const openssl = requireProgram('openssl')
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  execFileSync(openssl, ['req', ...kind, '-subj', `/CN=${name}`, ...files], { stdio: 'pipe' })
}

test('TLS to the upstream: an untrusted certificate is 502, and a trusted one serves small and large messages', async () => {
  await makeCertificate('localhost')
  const bodies: string[] = []
  const large = 'x'.repeat(300_000)
  const tls = { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')) }
  const upstream = createServer(tls, async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    bodies.push(body)
    res.end(req.url === '/large' ? large : 'fine')
  })
  const port = new URL(await listenOn(upstream)).port
  const gateway = createGateway({ listen: { port: 0 }, routes: [routeTo(`https://localhost:${port}`)] })
  const { url } = await gateway.listen()
  const signed = signSms()
  expect(await send(url, signed)).toMatchObject({ status: 502 })
  expect(bodies).toEqual([])
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const long = signSms('/large', { ...sms, Body: 'y'.repeat(100_000) })
  try {
    for (let round = 0; round < 2; round++) {
      expect(await send(url, signed)).toMatchObject({ status: 200, body: 'fine' })
      expect(await send(url, long)).toMatchObject({ status: 200, body: large })
    }
  } finally {
    vi.unstubAllEnvs()
  }
  expect(bodies).toEqual([signed.body, long.body, signed.body, long.body])
  await gateway.close({ graceMs: 0 })
  upstream.closeAllConnections()
  upstream.close()
})

test('TLS to the upstream: an address is not a server name, for requests and for handshakes', async () => {
  await makeCertificate('127.0.0.1')
  const names: unknown[] = []
  const tls = { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')) }
  const upstream = createServer(tls, (_req, res) => res.end('fine'))
  upstream.on('upgrade', (_req, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'))
  upstream.on('secureConnection', ({ servername }) => names.push(servername))
  const port = new URL(await listenOn(upstream)).port
  const gateway = await startGateway(`https://127.0.0.1:${port}`, {}, { webSocket: true })
  const { headers } = signRequest({ url: 'wss://api.example.com/media', authToken })
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    expect(await send(gateway.url, signSms())).toMatchObject({ status: 200 })
    const handshake = { method: 'GET', target: '/media', headers: { ...headers, host: 'api.example.com' }, body: '' }
    const sent = formatRequest(handshake, { 'content-length': '0' })
    expect(await sendRaw(gateway.port, sent, '\r\n\r\n')).toContain('HTTP/1.1 426 ')
  } finally {
    vi.unstubAllEnvs()
  }
  expect(names).toEqual([false, false])
  await gateway.close({ graceMs: 0 })
  upstream.closeAllConnections()
  upstream.close()
})

test('Redis: gateways share deliveries, and without the store requests are answered 503', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  const file = join(folder, 'gateway.yaml')
  writeFileSync(
    file,
    `replay: { store: redis, redisUrlEnv: REDIS_URL, whenRepeated: reject }
routes: [{ upstream: '${upstream.url}', publicUrl: 'https://api.example.com' }]
`,
  )
  const problems: string[] = []
  const two = await Promise.all(
    [1, 2].map(async () => {
      const resources = createResources({ TWILIO_AUTH_TOKEN: authToken, REDIS_URL: redis.url }, (line) =>
        problems.push(line),
      )
      const { options } = await loadConfiguration(file, resources)
      const gateway = createGateway({ ...options, log: 'silent', listen: { port: 0 } })
      return { resources, gateway, ...(await gateway.listen()) }
    }),
  )
  const [one, other] = two
  const signed = signMessage(0x4444)
  expect((await send(one?.url ?? '', signed)).status).toBe(200)
  // The other gateway answers 503 until the confirmation has arrived.
  await expect.poll(async () => (await send(other?.url ?? '', signed)).status).toBe(403)
  await redis.kill()
  await expect.poll(async () => (await send(one?.url ?? '', signed)).status).toBe(503)
  expect(problems.join()).not.toContain(authToken)
  for (const { gateway, resources } of two) {
    await gateway.close({ graceMs: 0 })
    await resources.closeAll()
  }
  await upstream.close()
  await redis.stop()
})

/** Starts a gateway with a Redis, and reloads it as the command does. */
async function startWithRedis(upstream: string, redisUrl: string) {
  const file = join(folder, 'reloaded.yaml')
  const problems: string[] = []
  const resources = createResources({ TWILIO_AUTH_TOKEN: authToken }, (line) => problems.push(line))
  const load = async (url: string, more = '') => {
    writeFileSync(
      file,
      `replay: { store: redis, redisUrl: '${url}', whenRepeated: reject ${more} }
routes: [{ upstream: '${upstream}', publicUrl: 'https://api.example.com' }]
`,
    )
    const { options } = await loadConfiguration(file, resources)
    return { ...options, log: 'silent', listen: { port: 0 } } as const
  }
  const gateway = createGateway(await load(redisUrl))
  resources.closeUnused()
  const { url } = await gateway.listen()
  return {
    url,
    problems,
    async reload(redisUrl: string, more?: string) {
      await gateway.reload(await load(redisUrl, more))
      resources.closeUnused(5000)
    },
    async close() {
      await gateway.close({ graceMs: 2000 })
      await resources.closeAll()
    },
  }
}

test.each(['other settings of the guard', 'another server'])(
  'Redis: a reload with %s refuses no request, and a delivery that began before it can fail and come again',
  async (what) => {
    const [redis, second] = await Promise.all([startRedis(), startRedis()])
    let status = 500
    let answer: (() => void) | undefined
    const upstream = await startUpstream((_, res) => {
      answer = () => res.writeHead(status).end()
      if (status === 200) answer()
    })
    const gateway = await startWithRedis(upstream.url, redis.url)
    const failing = signMessage(1)
    const first = send(gateway.url, failing)
    await expect.poll(() => answer).toBeDefined()
    const isSame = what === 'other settings of the guard'
    await gateway.reload(isSame ? redis.url : second.url, isSame ? ', ttlSeconds: 3600' : '')
    answer?.()
    expect((await first).status).toBe(500)
    status = 200
    const others = await Promise.all([2, 3, 4].map((number) => send(gateway.url, signMessage(number))))
    expect(others.map((one) => one.status)).toEqual([200, 200, 200])
    expect((await send(gateway.url, failing)).status).toBe(200)
    // Nothing is left on the first server that would refuse the delivery after a way back.
    await gateway.reload(redis.url)
    await expect.poll(async () => (await send(gateway.url, failing)).status).toBe(isSame ? 403 : 200)
    await gateway.close()
    await Promise.all([upstream.close(), redis.stop(), second.stop()])
  },
)

test('Redis: a connection on which nothing arrives any more is replaced', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  const sockets = new Set<Socket>()
  const dead = new Set<Socket>()
  // Like a firewall that forgets a connection: no byte passes, and neither side learns of it.
  const way = createTcpServer((near) => {
    const far = connectPlainly(redis.port, '127.0.0.1')
    sockets.add(near).add(far)
    near.on('data', (bytes) => dead.has(near) || far.write(bytes)).on('error', () => undefined)
    far.on('data', (bytes) => dead.has(near) || near.write(bytes)).on('error', () => undefined)
  })
  const { port } = new URL(await listenOn(way))
  const gateway = await startWithRedis(upstream.url, `redis://127.0.0.1:${port}`)
  expect((await send(gateway.url, signMessage(1))).status).toBe(200)
  for (const socket of sockets) dead.add(socket)
  expect((await send(gateway.url, signMessage(2))).status).toBe(503)
  await expect.poll(async () => (await send(gateway.url, signMessage(3))).status, { timeout: 15_000 }).toBe(200)
  expect(gateway.problems).toEqual(['The replay store does not answer (silent)'])
  await gateway.close()
  for (const socket of sockets) socket.destroy()
  way.close()
  await Promise.all([upstream.close(), redis.stop()])
})

test('an error that Redis answers is reported once, without the password', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  const admin = await createClient({ url: redis.url }).connect()
  const gateway = await startWithRedis(upstream.url, redis.url)
  await admin.configSet('maxmemory', '1')
  for (const number of [1, 2, 3]) expect((await send(gateway.url, signMessage(number))).status).toBe(503)
  expect(gateway.problems).toEqual(['The replay store does not answer (OOM)'])
  await admin.configSet('maxmemory', '0')
  for (const number of [1, 2, 3]) expect((await send(gateway.url, signMessage(number))).status).toBe(200)
  admin.destroy()
  await gateway.close()
  await Promise.all([upstream.close(), redis.stop()])
})
