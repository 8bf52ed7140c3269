import { EventEmitter, once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  formatRequest,
  readUntil,
  type Started,
  sendRaw,
  signSms,
  startGateway,
  startUpstream,
  type Upstream,
} from './support.ts'

const long = 'long '.repeat(20_000)

interface Shape {
  readonly listener: RequestListener
  /** The bytes that the client receives, without `Date`. */
  readonly answer: string
  readonly isCut?: boolean
}

/** Emits `one` when the client has that chunk. Chunks that arrive together may be joined. */
const client = new EventEmitter()

const kept = 'Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n'

/** Answers of the upstream, and the bytes that the client must receive. */
const shapes: Readonly<Record<string, Shape>> = {
  '/short': {
    listener: (_, res) => res.end('hello'),
    answer: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${kept}\r\nhello`,
  },
  '/empty': { listener: (_, res) => res.end(), answer: `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${kept}\r\n` },
  '/long': {
    listener: (_, res) => res.end(long),
    answer: `HTTP/1.1 200 OK\r\nContent-Length: ${long.length}\r\n${kept}\r\n${long}`,
  },
  '/chunks': {
    listener(_, res) {
      client.once('one', () => res.end('two'))
      res.write('one')
    },
    answer: `HTTP/1.1 200 OK\r\n${kept}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n`,
  },
  '/rest': {
    listener: (_, res) => res.socket?.end('HTTP/1.1 200 OK\r\nX-A: a\r\n\r\nuntil the end'),
    answer: `HTTP/1.1 200 OK\r\nX-A: a\r\n${kept}Transfer-Encoding: chunked\r\n\r\nd\r\nuntil the end\r\n0\r\n\r\n`,
  },
  '/204': { listener: (_, res) => res.writeHead(204).end(), answer: `HTTP/1.1 204 No Content\r\n${kept}\r\n` },
  '/304': {
    listener: (_, res) => res.writeHead(304, { ETag: '"x"' }).end(),
    answer: `HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n${kept}\r\n`,
  },
  '/404': {
    listener: (_, res) => res.writeHead(404, 'Nothing here', { 'Content-Length': 4 }).end('none'),
    answer: `HTTP/1.1 404 Nothing here\r\nContent-Length: 4\r\n${kept}\r\nnone`,
  },
  '/599': {
    listener: (_, res) => res.socket?.end('HTTP/1.1 599 \r\nContent-Length: 2\r\n\r\nno'),
    answer: `HTTP/1.1 599 \r\nContent-Length: 2\r\n${kept}\r\nno`,
  },
  '/cookies': {
    listener: (_, res) =>
      res
        .writeHead(200, { 'Set-Cookie': ['a=1', 'b=\xe9'], Connection: 'close, X-B', 'X-B': 'b', 'Content-Length': 0 })
        .end(),
    answer: `HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=\xe9\r\nContent-Length: 0\r\n${kept}\r\n`,
  },
  '/broken': {
    listener(_, res) {
      res.writeHead(200, { 'Content-Length': '100' })
      res.write('half', () => res.destroy())
    },
    answer: `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n${kept}\r\nhalf`,
    isCut: true,
  },
}

/** Two chunks, for clients that do not tell when they have the first. */
const answerLater: RequestListener = (_, res) => {
  res.write('one')
  setTimeout(() => res.end('two'), 5)
}

let upstream: Upstream
let gateway: Started

beforeEach(() => {
  upstream.seen.length = 0
})

beforeAll(async () => {
  upstream = await startUpstream((req, res) =>
    req.url === '/later' ? answerLater(req, res) : shapes[req.url ?? '']?.listener(req, res),
  )
  gateway = await startGateway(upstream.url)
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  await upstream.close()
})

const last = 'GET /last HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n'

/**
 * Returns all answers until the connection closes, without `Date`. Sends `then` after the first
 * bytes.
 */
async function ask(bytes: string, then?: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', (received) => received.includes('one') && client.emit('one'))
  if (then !== undefined) socket.once('data', () => socket.write(then))
  socket.write(Buffer.from(bytes, 'latin1'))
  return (await readUntil(socket)).replace(/^date: .*\r\n/gim, '')
}

for (const [target, { answer, isCut = false }] of Object.entries(shapes))
  test(`the answer to ${target} reaches the client byte for byte, and the connection stays open or closes correctly`, async () => {
    const bytes = formatRequest(signSms(target))
    const keptAlive = await ask(bytes, last)
    if (isCut) expect(keptAlive).toBe(answer)
    else {
      expect(keptAlive.slice(0, answer.length)).toBe(answer)
      expect(keptAlive.slice(answer.length)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
    }
    const closing = await ask(formatRequest(signSms(target), { connection: 'close' }))
    expect(closing).toBe(answer.replace(kept, 'Connection: close\r\n'))
    expect(upstream.seen.map((seen) => seen.target)).toEqual([target, target])
  })

test('several requests on one connection each get their own answer', async () => {
  const socket = connect(gateway.port, '127.0.0.1')
  for (const [target, body] of [
    ['/short', 'hello'],
    ['/404', 'none'],
    ['/long', long],
    ['/later', 'onetwo'],
    ['/short', 'hello'],
  ] as const) {
    socket.write(formatRequest(signSms(target)))
    expect(await readAnswer(socket)).toBe(body)
  }
  socket.destroy()
})

/** Returns the body of the next answer, which has a length or is chunked. */
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

test('several requests in one piece are answered in order', async () => {
  const targets = ['/later', '/short', '/404', '/short']
  const answer = await sendRaw(
    gateway.port,
    `${targets.map((target) => formatRequest(signSms(target))).join('')}${last}`,
  )
  expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual([200, 200, 404, 200, 403].map((status) => `HTTP/1.1 ${status}`))
  expect(upstream.seen).toHaveLength(targets.length)
})

test('a request that arrives in pieces of any size is answered once and correctly', async () => {
  const bytes = formatRequest(signSms('/short'), { connection: 'close' })
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

test('close() lets a request end with Connection: close, and closes idle connections at once', async () => {
  let endSlow = () => {}
  const held = await startUpstream((req, res) => {
    const end = () => void res.end('late')
    if (req.url === '/slow') endSlow = end
    else end()
  })
  const other = await startGateway(held.url)
  const idle = connect(other.port, '127.0.0.1')
  idle.write(formatRequest(signSms()))
  expect(await readAnswer(idle)).toBe('late')
  const order: string[] = []
  const closed = once(idle.resume(), 'close').then(() => order.push('idle'))
  const busy = connect(other.port, '127.0.0.1')
  busy.write(formatRequest(signSms('/slow')))
  const answer = readUntil(busy).finally(() => order.push('busy'))
  await expect.poll(() => held.seen.length).toBe(2)
  const closing = other.close()
  await closed
  endSlow()
  await closing
  expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*late$/)
  expect(order).toEqual(['idle', 'busy'])
})

test('after close(), requests are served with Connection: close until the listener closes', async () => {
  const other = await startGateway(upstream.url)
  const idle = connect(other.port, '127.0.0.1')
  idle.write(formatRequest(signSms('/short')))
  expect(await readAnswer(idle)).toBe('hello')
  const closing = other.close()
  const onIdle = readUntil(idle)
  idle.write(formatRequest(signSms('/short')))
  const answers = await Promise.all([
    onIdle,
    sendRaw(other.port, formatRequest(signSms('/short'))),
    sendRaw(other.port, formatRequest(signSms('/later'))),
    sendRaw(other.port, formatRequest({ ...signSms(), body: 'Body=forged' })),
  ])
  const refused = answers.pop()
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n/)
  expect(refused).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*Connection: close\r\n/)
  await closing
})

test('close() without a grace period cuts requests off', async () => {
  const silent = await startUpstream(() => undefined)
  const other = await startGateway(silent.url)
  const socket = connect(other.port, '127.0.0.1')
  socket.write(formatRequest(signSms()))
  await expect.poll(() => silent.seen.length).toBe(1)
  const answer = readUntil(socket)
  await other.close({ graceMs: 0 })
  expect(await answer).toBe('')
})
