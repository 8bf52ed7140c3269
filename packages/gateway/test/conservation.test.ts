import { connect, type Socket } from 'node:net'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { expect, onTestFinished, test } from 'vitest'
import { createGateway } from '../src/index.ts'
import {
  authToken,
  formatRequest,
  publicUrl,
  readUntil,
  type Started,
  sendRaw,
  signMessage,
  signSms,
  startGateway,
  startUpstream,
  type Upstream,
} from './support.ts'

/** Longer than a test, so that only the end of a connection can end an exchange. */
const timeoutMs = 600_000

/** Starts a gateway in front of an upstream that answers only what has `?answer`. */
async function start(): Promise<{ gateway: Started; upstream: Upstream }> {
  const upstream = await startUpstream((req, res) => {
    const answer = new URL(req.url ?? '', publicUrl).searchParams.get('answer')
    if (answer !== null) res.end(answer === 'long' ? 'x'.repeat(8_000_000) : answer)
  })
  const gateway = await startGateway(
    upstream.url,
    { timeoutMs, admin: { port: 0 } },
    { replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }) },
  )
  // The stop waits for every exchange, so it shows that none is left.
  onTestFinished(() => gateway.close({ graceMs: timeoutMs }))
  return { gateway, upstream }
}

/** Starts forward-auth. Requests with `?wait` get no verdict until `openGate` is called. */
async function startAuth(): Promise<{ port: number; adminUrl: string | undefined; openGate: () => void }> {
  let openGate = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  const gateway = createGateway({
    listen: { port: 0 },
    admin: { port: 0 },
    timeoutMs,
    routes: [],
    forwardAuth: {
      listen: { port: 0 },
      publicUrl,
      replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
      async authToken({ url }) {
        if (url.includes('wait')) await gate
        return authToken
      },
    },
  })
  const { forwardAuthUrl = '', adminUrl } = await gateway.listen()
  onTestFinished(() => gateway.close({ graceMs: timeoutMs }))
  return { port: Number(new URL(forwardAuthUrl).port), adminUrl, openGate }
}

let count = 0

/** Signs a message that was not sent before. */
function signNew(target: string): ReturnType<typeof signSms> {
  count++
  return signMessage(count, target)
}

function formatAsked(signed: ReturnType<typeof signSms>, more: Record<string, string> = {}): string {
  const { host = '', ...headers } = signed.headers
  const asked = { 'x-forwarded-method': 'POST', 'x-forwarded-uri': signed.target, 'x-forwarded-host': host }
  return formatRequest({ ...signed, headers: { ...headers, host, ...asked } }, more)
}

function open(port: number): Socket {
  return connect(port, '127.0.0.1').on('error', () => undefined)
}

async function countInFlight(adminUrl: string | undefined): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  return Number(/^tollgate_requests_in_flight (\d+)$/m.exec(text)?.[1])
}

const close = { connection: 'close' }

test('E8: requests that wait behind one with Connection: close end with the connection', async () => {
  const { gateway } = await start()
  const waiting = signNew('/sms')
  const bytes = [formatRequest(signNew('/sms?answer=1'), close), formatRequest(waiting), formatRequest(signNew('/sms'))]
  expect(await sendRaw(gateway.port, bytes.join(''))).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n1$/)
  await expect.poll(() => countInFlight(gateway.adminUrl)).toBe(0)
})

test('E8: requests that wait end when the client leaves, and their deliveries can be sent again', async () => {
  const { gateway, upstream } = await start()
  const socket = open(gateway.port)
  const behind = signNew('/sms?answer=2')
  socket.write(formatRequest(signNew('/sms')) + formatRequest(behind) + formatRequest(signNew('/sms')))
  await expect.poll(() => upstream.seen.length).toBe(3)
  socket.destroy()
  await expect.poll(() => countInFlight(gateway.adminUrl)).toBe(0)
  expect(await sendRaw(gateway.port, formatRequest(behind, close))).toMatch(/^HTTP\/1\.1 200 /)
  expect(await sendRaw(gateway.port, formatRequest(behind, close))).toMatch(/^HTTP\/1\.1 403 /)
})

test('E8: a delivery whose answer was lost in the buffers of the connection can be sent again', async () => {
  const { gateway, upstream } = await start()
  const socket = open(gateway.port)
  socket.pause()
  const long = signNew('/sms?answer=long')
  socket.write(formatRequest(long))
  await expect.poll(() => upstream.seen.length).toBe(1)
  socket.resetAndDestroy()
  await expect.poll(() => countInFlight(gateway.adminUrl)).toBe(0)
  expect(await sendRaw(gateway.port, formatRequest(long, close), '\r\n')).toMatch(/^HTTP\/1\.1 200 /)
})

const garbage = 'GARB\0AGE / HTTP/9\r\n\r\n'
const head = '/media HTTP/1.1\r\nHost: api.example.com\r\n'
/** What cannot be answered behind a request that has no answer yet. */
const behinds: Readonly<Record<string, string>> = {
  'an upgrade': `GET ${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  'an upgrade and more bytes': `GET ${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${'x'.repeat(100_000)}`,
  'a CONNECT': `CONNECT ${head}\r\n`,
  'malformed bytes': garbage,
  'malformed bytes, and more of them': garbage.repeat(50),
}

for (const [what, bytes] of Object.entries(behinds)) {
  test(`E8: ${what} behind a webhook: the webhook is forwarded, and its answer is the first and the last`, async () => {
    const { gateway, upstream } = await start()
    const answer = await sendRaw(gateway.port, formatRequest(signNew('/sms?answer=first')) + bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nfirst$/)
    expect(upstream.seen).toHaveLength(1)
  })

  test(`E8: ${what} behind a question to forward-auth: its answer is the first and the last`, async () => {
    const { port } = await startAuth()
    const answer = await sendRaw(port, formatAsked(signNew('/sms')) + bytes)
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200'])
  })
}

test('E8: a long answer reaches the client completely although an upgrade came behind the request', async () => {
  const { gateway } = await start()
  const bytes = formatRequest(signNew('/sms?answer=long')) + behinds['an upgrade']
  expect((await sendRaw(gateway.port, bytes)).length).toBeGreaterThan(8_000_000)
})

test('E8: a body that breaks behind other requests is refused after their answers', async () => {
  const { gateway } = await start()
  const { body: _, ...broken } = signNew('/sms')
  const bytes = formatRequest({ ...broken, body: '' }, { 'content-length': '', 'transfer-encoding': 'chunked' })
  const answer = await sendRaw(
    gateway.port,
    `${formatRequest(signNew('/sms?answer=first'))}${bytes.replace('content-length: \r\n', '')}ZZ\r\n`,
  )
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
})

test('E8: a client that ends its side in the middle of a request ends the requests before it', async () => {
  const { gateway, upstream } = await start()
  const socket = open(gateway.port)
  socket.write(formatRequest(signNew('/sms')) + formatRequest(signNew('/sms')).slice(0, -20))
  await expect.poll(() => upstream.seen.length).toBe(1)
  socket.end()
  await expect.poll(() => countInFlight(gateway.adminUrl)).toBe(0)
})

test('E8: verdicts that the proxy did not get are released, in each order of events', async () => {
  const { port, adminUrl, openGate } = await startAuth()
  const waiting = signNew('/sms?wait')
  const ready = signNew('/sms')
  const socket = open(port)
  socket.write(formatAsked(waiting) + formatAsked(ready))
  await expect.poll(() => countInFlight(adminUrl)).toBe(2)
  socket.destroy()
  await expect.poll(() => countInFlight(adminUrl)).toBe(0)
  openGate()
  for (const signed of [ready, waiting]) {
    expect(await sendRaw(port, formatAsked(signed, close))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await sendRaw(port, formatAsked(signed, close))).toMatch(/^HTTP\/1\.1 403 /)
  }
})

test('E8: thousands of requests on one connection leave no listener behind', async () => {
  const { gateway } = await start()
  const warnings: Error[] = []
  const onWarning = (warning: Error): unknown => warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const socket = open(gateway.port)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  const one = formatRequest({ ...signSms('/sms'), body: 'Body=forged' })
  for (let round = 0; round < 100; round++) {
    const end = received.length
    socket.write(one.repeat(30))
    await expect.poll(() => received.slice(end).split('HTTP/1.1 403').length - 1, { interval: 1 }).toBe(30)
  }
  socket.destroy()
  expect(warnings).toEqual([])
})

test('E8: hostile connections leave nothing in memory', async () => {
  const { gateway, upstream } = await start()
  const { queryObjects } = await import('node:v8')
  const { ServerResponse } = await import('node:http')
  const countAnswers = (): number => queryObjects(ServerResponse, { format: 'count' }) as unknown as number
  const attack = async (): Promise<void> => {
    const socket = open(gateway.port)
    const refused = formatRequest({ ...signSms(), body: 'Body=forged' })
    socket.write(formatRequest(signNew('/sms?answer=1'), close) + refused.repeat(4) + formatRequest(signNew('/sms')))
    await readUntil(socket)
  }
  for (let index = 0; index < 5; index++) await attack()
  await expect.poll(() => countInFlight(gateway.adminUrl)).toBe(0)
  const before = countAnswers()
  for (let index = 0; index < 200; index++) await attack()
  await expect.poll(() => countInFlight(gateway.adminUrl)).toBe(0)
  upstream.server.closeIdleConnections()
  expect(countAnswers() - before).toBeLessThan(50)
})
