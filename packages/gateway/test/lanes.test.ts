import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { PlainCaller } from '../src/caller/plain-caller.ts'
import { PlainLane } from '../src/caller/plain-lane.ts'
import { readPlainRequest } from '../src/caller/plain-request.ts'
import {
  accountSid,
  authToken,
  readUntil,
  type Started,
  sendRaw,
  signSms,
  startGateway,
  startUpstream,
  toBytes,
  type Upstream,
} from './support.ts'

const long = 'long '.repeat(20_000)

/** Answers of every shape. */
const answers: Readonly<Record<string, RequestListener>> = {
  '/short': (_, res) => res.end('hello'),
  '/empty': (_, res) => res.end(),
  '/long': (_, res) => res.end(long),
  '/chunks': (_, res) => {
    res.write('one')
    setTimeout(() => res.end('two'), 5)
  },
  '/no-chunk': (_, res) => {
    res.flushHeaders()
    setTimeout(() => res.end(), 5)
  },
  '/rest': (_, res) => {
    res.socket?.end('HTTP/1.1 200 OK\r\nX-A: a\r\n\r\nuntil the end')
  },
  '/204': (_, res) => res.writeHead(204).end(),
  '/304': (_, res) => res.writeHead(304, { ETag: '"x"' }).end(),
  '/404': (_, res) => res.writeHead(404, 'Nothing here').end('none'),
  '/599': (_, res) => {
    res.socket?.end('HTTP/1.1 599 \r\nContent-Length: 2\r\n\r\nno')
  },
  '/date': (_, res) => res.writeHead(200, { date: 'Thu, 01 Jan 1970 00:00:00 GMT' }).end('old'),
  '/cookies': (_, res) =>
    res.writeHead(200, { 'Set-Cookie': ['a=1', 'b=\xe9'], Connection: 'close, X-B', 'X-B': 'b' }).end(),
  '/broken': (_, res) => {
    res.writeHead(200, { 'Content-Length': '100' })
    res.write('half', () => res.destroy())
  },
}

let upstream: Upstream
let gateway: Started

beforeEach(() => {
  upstream.seen.length = 0
})

beforeAll(async () => {
  upstream = await startUpstream((req, res) => answers[req.url ?? '']?.(req, res))
  gateway = await startGateway(upstream.url, {}, { path: '/' })
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  await upstream.close()
})

/** The same request for the plain lane, and for `node:http`: a space is missing. */
function inBothLanes(request: ReturnType<typeof signSms>, more: Record<string, string> = {}): [string, string] {
  const plain = toBytes(request, { ...more, 'X-Lane': 'a' })
  const other = plain.replace('X-Lane: a', 'X-Lane:a')
  expect(readPlainRequest(Buffer.from(plain, 'latin1'))).toBeDefined()
  expect(readPlainRequest(Buffer.from(other, 'latin1'))).toBeUndefined()
  return [plain, other]
}

const last = 'GET /last HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n'

/**
 * Everything that is answered until the connection closes.
 * @param isLasting when the answer begins, one more request is sent, whose refusal shows that the connection is still open
 */
async function ask(bytes: string, isLasting: boolean): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => undefined)
  if (isLasting) socket.once('data', () => socket.write(last))
  socket.write(Buffer.from(bytes, 'latin1'))
  return (await readUntil(socket)).replace(/^date: (?!Thu, 01 Jan 1970).*$/gim, 'Date: now')
}

const requests: Readonly<Record<string, ReturnType<typeof signSms>>> = {
  ...Object.fromEntries(Object.keys(answers).map((target) => [target, signSms(target)])),
  'without a signature': { ...signSms(), headers: { host: 'api.example.com' } },
  'with a forged body': { ...signSms(), body: 'Body=forged' },
  'with an ambiguous signature': { ...signSms(), headers: { ...signSms().headers, 'x-twilio-signature': 'x' } },
  'of an unsigned GET': { ...signSms(), method: 'GET', body: '' },
}

for (const [what, request] of Object.entries(requests))
  for (const more of [{}, { connection: 'close' }, { connection: 'keep-alive' }] as Record<string, string>[])
    test(`both lanes answer ${what} alike, byte for byte, with ${JSON.stringify(more)}`, async () => {
      const [plain, other] = inBothLanes(request, more)
      const isLasting = more.connection !== 'close' && what !== '/broken'
      const expected = await ask(other, isLasting)
      expect(await ask(plain, isLasting)).toBe(expected)
      expect(expected.match(/HTTP\/1\.1 \d\d\d /g)).toHaveLength(isLasting ? 2 : 1)
      const seen = upstream.seen.splice(0).map(({ method, target, rawHeaders, body }) => ({
        method,
        target,
        rawHeaders,
        body: body.toString('latin1'),
      }))
      expect(seen).toHaveLength(what.startsWith('/') ? 2 : 0)
      expect(seen[0]).toEqual(seen[1])
    })

test('E5: what a client says of its verdict is dropped in both lanes', async () => {
  const spoofed = {
    'Tollgate-Verified': 'body',
    tollgate_account_sid: 'AC1',
    TE: 'trailers',
    'Keep-Alive': 'timeout=1',
  }
  for (const bytes of inBothLanes(signSms('/short'), spoofed)) {
    expect(await sendRaw(gateway.port, bytes, 'hello')).toMatch(/^HTTP\/1\.1 200 /)
    const seen = upstream.seen.pop()
    expect(seen?.headers).toMatchObject({ 'tollgate-verified': 'params', 'tollgate-account-sid': accountSid })
    const names = seen?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    expect(names?.filter((name) => /^(tollgate|te$|keep-alive$)/.test(name))).toHaveLength(2)
  }
})

test('a connection may bring one kind after the other, and each gets its own answer', async () => {
  const socket = connect(gateway.port, '127.0.0.1')
  for (const target of ['/short', '/404', '/long', '/chunks']) {
    const [plain] = inBothLanes(signSms(target))
    socket.write(plain)
    expect(await readAnswer(socket)).toBe(
      { '/short': 'hello', '/404': 'none', '/long': long, '/chunks': 'onetwo' }[target],
    )
  }
  const [, other] = inBothLanes(signSms('/short'))
  const [plain] = inBothLanes(signSms('/404'))
  for (const bytes of [other, plain, other]) {
    socket.write(bytes)
    expect(await readAnswer(socket)).toBe(bytes === plain ? 'none' : 'hello')
  }
  socket.destroy()
})

/** The body of the next answer, told by its length or its last chunk. */
async function readAnswer(socket: Socket): Promise<string> {
  let text = ''
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
    const [head = '', ...rest] = text.split('\r\n\r\n')
    const body = rest.join('\r\n\r\n')
    const length = /^content-length: (\d+)/im.exec(head)?.[1]
    if (length === undefined && text.endsWith('0\r\n\r\n')) return body.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '').trim()
    if (length !== undefined && body.length >= Number(length)) return body
  }
}

test('several in one piece are answered in their order', async () => {
  const [plain, other] = inBothLanes(signSms('/short'))
  const [late] = inBothLanes(signSms('/chunks'))
  const answer = await sendRaw(gateway.port, `${late}${plain}${other}${plain}${last}`)
  expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual([...Array(4).fill('HTTP/1.1 200'), 'HTTP/1.1 403'])
  expect(upstream.seen.splice(0).map(({ target }) => target)).toEqual(['/chunks', '/short', '/short', '/short'])
})

test('one that comes while the one before is answered waits for it', async () => {
  const [late] = inBothLanes(signSms('/chunks'))
  const [plain] = inBothLanes(signSms('/404'), { connection: 'close' })
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write(late)
  await expect.poll(() => upstream.seen.length).toBe(1)
  socket.write(plain)
  const answer = await readUntil(socket)
  expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404'])
  expect(answer.indexOf('two')).toBeLessThan(answer.indexOf('404'))
})

test('wherever a request is cut on its way, it is answered once, as it would be whole', async () => {
  const bytes = toBytes(signSms('/short'), { connection: 'close' })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 4 }), async (cuts) => {
      const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true })
      let start = 0
      for (const end of [...cuts.sort((one, other) => one - other), bytes.length]) {
        if (end > start) socket.write(bytes.slice(start, end), 'latin1')
        start = end
        await sleep(2)
      }
      expect(await readUntil(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello$/)
      expect(upstream.seen.splice(0)).toMatchObject([{ body: Buffer.from(signSms('/short').body) }])
    }),
    { numRuns: 40 },
  )
})

test('bodies that wait for a verdict count in the plain lane, and those behind them wait', async () => {
  const asked: (() => void)[] = []
  const slow = () => new Promise<string>((resolve) => asked.push(() => resolve(authToken)))
  const other = await startGateway(
    upstream.url,
    { limits: { trustedPeers: [], bodiesPerPeer: 2 } },
    { authToken: slow },
  )
  const [plain] = inBothLanes(signSms('/short'), { connection: 'close' })
  const sockets = [1, 2, 3, 4].map(() => connect(other.port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined).write(plain)
  await expect.poll(() => asked.length).toBe(2)
  await sleep(50)
  expect(asked).toHaveLength(2)
  // Whoever leaves makes room, whether it had any or waited for it.
  const received = sockets.map((socket) => readUntil(socket))
  sockets[2]?.destroy()
  await sleep(50)
  sockets[0]?.destroy()
  await expect.poll(() => asked.length).toBe(3)
  for (const answer of asked) answer()
  const served = (await Promise.all(received)).filter((answer) => answer.startsWith('HTTP/1.1 200'))
  expect(served).toHaveLength(2)
  expect(upstream.seen.splice(0)).toHaveLength(2)
  await other.close({ graceMs: 0 })
})

test('a client that sends on while it waits is not read on', async () => {
  const other = await startGateway(upstream.url, {}, { authToken: () => new Promise<string>(() => undefined) })
  const [plain] = inBothLanes(signSms('/short'))
  const socket = connect(other.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(plain)
  await sleep(50)
  socket.write(Buffer.alloc(64 * 1024 * 1024))
  let left = -1
  while (left !== socket.writableLength) {
    left = socket.writableLength
    await sleep(200)
  }
  expect(left).toBeGreaterThan(32 * 1024 * 1024)
  socket.destroy()
  await other.close({ graceMs: 0 })
})

test('closing lets a plain request end and says so, while idle connections are closed', async () => {
  const held = await startUpstream((req, res) => {
    setTimeout(() => res.end('late'), req.url === '/slow' ? 2500 : 0)
  })
  const other = await startGateway(held.url)
  const idle = connect(other.port, '127.0.0.1')
  idle.write(inBothLanes(signSms())[0])
  expect(await readAnswer(idle)).toBe('late')
  const order: string[] = []
  idle.once('close', () => order.push('idle')).resume()
  const busy = connect(other.port, '127.0.0.1')
  busy.write(inBothLanes(signSms('/slow'))[0])
  const answer = readUntil(busy).finally(() => order.push('busy'))
  await expect.poll(() => held.seen.length).toBe(2)
  await other.close()
  expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*late$/)
  expect(order).toEqual(['idle', 'busy'])
  await held.close()
})

test('closing without grace cuts plain requests off', async () => {
  const silent = await startUpstream(() => undefined)
  const other = await startGateway(silent.url)
  const socket = connect(other.port, '127.0.0.1')
  socket.write(inBothLanes(signSms())[0])
  await expect.poll(() => silent.seen.length).toBe(1)
  const answer = readUntil(socket)
  await other.close({ graceMs: 0 })
  expect(await answer).toBe('')
  await silent.close()
})

test('who says nothing from the start is passed on to the time limits of node:http', async () => {
  const passedOn: Socket[] = []
  const lane = new PlainLane(
    () => undefined,
    (socket) => passedOn.push(socket),
  )
  const server = createServer((socket) => lane.take(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await expect.poll(() => passedOn.length, { timeout: 5000 }).toBe(1)
  socket.destroy()
  server.close()
})

test('what comes after the last answer of a connection is not taken for a request', async () => {
  const callers: PlainCaller[] = []
  const lane = new PlainLane(
    (caller) => callers.push(caller),
    () => expect.unreachable(),
  )
  // It never gets to close.
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), final: () => undefined })
  Object.assign(socket, { destroySoon: () => socket.end() })
  lane.take(socket as unknown as Socket)
  for (const mayStay of [true, false, true]) {
    socket.push('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await sleep(5)
    callers.at(-1)?.refuse(403, mayStay)
    await sleep(5)
  }
  expect(callers).toHaveLength(2)
  socket.destroy()
})

test('idle connections close after 75 seconds, busy ones do not', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const callers: PlainCaller[] = []
  const lane = new PlainLane(
    (caller) => callers.push(caller),
    () => undefined,
  )
  const open = () => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const [idle, busy] = [open(), open()]
  for (const socket of [idle, busy]) {
    lane.take(socket as unknown as Socket)
    socket.emit('data', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
  }
  callers[0]?.refuse(403, true)
  await sleep(10)
  vi.advanceTimersByTime(74_000)
  expect([idle.destroyed, busy.destroyed]).toEqual([false, false])
  vi.advanceTimersByTime(4000)
  expect([idle.destroyed, busy.destroyed]).toEqual([true, false])
  busy.destroy()
  vi.useRealTimers()
})
