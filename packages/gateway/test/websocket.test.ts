import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net'
import { signRequest } from 'tollgate/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  authToken,
  listenOn,
  readUntil,
  type Started,
  separators,
  signSms,
  startGateway,
  toBytes,
  toCgi,
} from './support.ts'

const sockets: WebSocketServer = new WebSocketServer({ noServer: true })
const server = createServer((_, res) => res.end('plain'))
let gateway: Started
let upstreamUrl: string
let handshakes: Record<string, string | string[] | undefined>[] = []
let decline = false

server.on('upgrade', (req, socket, head) => {
  handshakes.push(req.headers)
  if (decline) {
    socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\nX-Why: no\r\n\r\nnope')
    return
  }
  sockets.handleUpgrade(req, socket, head, (client) => {
    client.on('error', () => undefined)
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
  })
})

beforeEach(async () => {
  handshakes = []
  decline = false
  if (!server.listening) upstreamUrl = await listenOn(server)
  gateway = await startGateway(upstreamUrl, {}, { webSocket: true })
})

afterEach(async () => {
  await gateway.close({ graceMs: 0 })
})

function signHandshake(target = '/media', token = authToken): string {
  const { headers } = signRequest({ url: `wss://api.example.com${target}`, method: 'GET', authToken: token })
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-twilio-signature')?.[1] ?? ''
}

function open(signature = signHandshake(), target = '/media'): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${gateway.port}${target}`, {
    headers: { host: 'api.example.com', 'x-twilio-signature': signature },
  })
}

function toHandshake(more: Record<string, string> = {}, method = 'GET'): string {
  const headers = {
    Host: 'api.example.com',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'X-Twilio-Signature': signHandshake(),
    ...more,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} /media HTTP/1.1\r\n${lines.join('')}\r\n`
}

async function openRaw(bytes: string): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(bytes)
  let answer = ''
  while (!answer.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    answer += chunk.toString('latin1')
  }
  return { socket, answer }
}

test('a signed handshake opens a tunnel, and messages pass both ways', async () => {
  const client = open()
  await once(client, 'open')
  for (const message of ['{"event":"start"}', 'x'.repeat(1_000_000)]) {
    client.send(message)
    const [data] = await once(client, 'message')
    expect(String(data)).toBe(message)
  }
  expect(handshakes[0]).toMatchObject({ 'tollgate-verified': 'url', 'tollgate-account-sid': '' })
  client.close(1000, 'bye')
  const [code, reason] = await once(client, 'close')
  expect([code, String(reason)]).toEqual([1000, 'bye'])
})

for (const [what, make] of Object.entries({
  forged: () => open(signHandshake('/media', '00000000000000000000000000000000')),
  'signed for another path': () => open(signHandshake('/other')),
  unsigned: () => new WebSocket(`ws://127.0.0.1:${gateway.port}/media`, { headers: { host: 'api.example.com' } }),
}))
  test(`E7: a handshake that is ${what} is answered 403 and reaches nobody`, async () => {
    const client = make()
    client.on('error', () => undefined)
    const [, response] = await once(client, 'unexpected-response')
    expect(response.statusCode).toBe(403)
    expect(handshakes).toEqual([])
  })

test('E7: the signature of a handshake opens nothing but a WebSocket', async () => {
  for (const bytes of [
    toHandshake({ Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }),
    toHandshake({}, 'POST'),
    `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: api.example.com\r\nX-Twilio-Signature: ${signHandshake()}\r\n\r\n`,
  ]) {
    const { answer } = await openRaw(bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
  }
  expect(handshakes).toEqual([])
})

test('E7: upgrades of a route that opens no WebSockets are refused, and reach no upstream', async () => {
  let requests = 0
  const ordinary = createServer((_, res) => {
    requests++
    res.end()
  })
  const sharedKeys = { webhooks_sharedkey_01: 'a-shared-key-secret' }
  const url = await listenOn(ordinary)
  await gateway.close({ graceMs: 0 })
  const signed = signRequest({ url: 'https://api.example.com/media', method: 'GET', authToken }).headers
  for (const route of [{}, { sharedKeys, sharedKeysOnly: true }, { mode: 'observe' }] as const) {
    gateway = await startGateway(url, {}, route)
    for (const signature of [signHandshake(), signed['x-twilio-signature'] ?? '']) {
      const { answer } = await openRaw(toHandshake({ 'X-Twilio-Signature': signature }))
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    }
    await gateway.close({ graceMs: 0 })
  }
  expect(requests).toBe(0)
  ordinary.close()
})

test('a handshake that announces a body is refused', async () => {
  const { answer } = await openRaw(`${toHandshake({ 'Content-Length': '5' })}hello`)
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(handshakes).toEqual([])
})

test('E5: what a client says about its verdict is dropped from a handshake too', async () => {
  const { socket, answer } = await openRaw(
    toHandshake({ 'Tollgate-Verified': 'params', tollgate_verified: 'params', 'Tollgate-Account-Sid': 'AC1' }),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 101 /)
  expect(handshakes[0]).toMatchObject({ 'tollgate-verified': 'url', 'tollgate-account-sid': '' })
  expect(handshakes[0]).not.toHaveProperty('tollgate_verified')
  socket.destroy()
})

test('E5: a handshake has no CGI variable about its verdict but that of the gateway', async () => {
  const spoofed = Object.fromEntries(separators.map((one) => [`Tollgate${one}Verified`, 'params']))
  const { socket, answer } = await openRaw(toHandshake({ ...spoofed, Connection: 'Upgrade, X-Twilio-Signature' }))
  expect(answer).toMatch(/^HTTP\/1\.1 101 /)
  const variables = toCgi(Object.entries(handshakes[0] ?? {}).flatMap(([name, value]) => [name, String(value)]))
  expect(variables.get('HTTP_TOLLGATE_VERIFIED')).toEqual(['url'])
  expect(handshakes[0]).toHaveProperty('x-twilio-signature')
  socket.destroy()
})

test('a handshake in HTTP/1.0, or with an unknown expectation, is refused', async () => {
  const bytes = toHandshake()
  for (const [what, status] of [
    [bytes.replace('HTTP/1.1', 'HTTP/1.0'), 400],
    [toHandshake({ Expect: 'x' }), 417],
  ] as const) {
    const { answer } = await openRaw(what)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  }
  expect(handshakes).toEqual([])
})

/** A gateway before an upstream of bytes, which says this to every request. */
async function startBefore(answer: string, isEnding: boolean, timeoutMs = 3000) {
  const talker = createTcp((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (isEnding ? socket.end(answer, 'latin1') : socket.write(answer, 'latin1')))
  }).listen(0, '127.0.0.1')
  await once(talker, 'listening')
  const other = await startGateway(
    `http://127.0.0.1:${(talker.address() as AddressInfo).port}`,
    { timeoutMs },
    { webSocket: true },
  )
  return {
    async ask(bytes: string): Promise<string> {
      const socket = connect(other.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(bytes)
      return readUntil(socket)
    },
    async close() {
      await other.close({ graceMs: 0 })
      talker.close()
    },
  }
}

const switched = 'HTTP/1.1 101 Switching Protocols\r\n'

for (const [what, lines] of Object.entries({
  'to another protocol': 'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  'to several': 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n',
  'to two, in two lines': 'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n',
  'without saying to what': 'Connection: Upgrade\r\n',
  'without Connection': 'Upgrade: websocket\r\n',
}))
  test(`E7: an upstream that switches ${what} gets no tunnel`, async () => {
    const other = await startBefore(`${switched}${lines}\r\nsecret`, false, 500)
    const answer = await other.ask(toHandshake())
    expect(answer).toMatch(/^HTTP\/1\.1 50[24] /)
    expect(answer).not.toContain('secret')
    await other.close()
  })

test('E7: an upstream that switches protocols unasked gets no tunnel', async () => {
  const other = await startBefore(`${switched}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nsecret`, false, 500)
  const answer = await other.ask(toBytes(signSms('/media'), { connection: 'close' }))
  expect(answer).toMatch(/^HTTP\/1\.1 502 /)
  expect(answer).not.toContain('secret')
  await other.close()
})

test('a declined handshake is answered whole, or visibly not', async () => {
  const chunks = 'Transfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n'
  const no = 'HTTP/1.1 426 Upgrade Required\r\n'
  for (const [answer, isWhole] of [
    [`${no}${chunks}0\r\n\r\n`, true],
    [`${no}${chunks}`, false],
    [`${no}Content-Length: 4\r\n\r\nnope`, true],
    [`${no}Content-Length: 9\r\n\r\nnope`, false],
    [`${no}\r\nnope`, true],
    ['HTTP/1.1 204 No Content\r\n\r\n', true],
  ] as const) {
    const other = await startBefore(answer, true)
    const received = await other.ask(toHandshake())
    expect([answer, isComplete(received)]).toEqual([answer, isWhole])
    await other.close()
  }
})

/** As RFC 9112 section 6.3 says for answers over HTTP/1.1. */
function isComplete(answer: string): boolean {
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s)
  if (/^HTTP\/1\.1 204 /.test(head)) return body === ''
  if (/^transfer-encoding: chunked$/im.test(head)) return body === '4\r\nnope\r\n0\r\n\r\n'
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  return length === undefined || body.length === Number(length)
}

test('an upstream that declines without an end is cut in time', async () => {
  const other = await startBefore('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n', false, 500)
  expect(await other.ask(toHandshake())).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  await other.close()
})

test('an upstream that declines ends the connection: what follows reaches nobody', async () => {
  decline = true
  const smuggled = 'GET /admin HTTP/1.1\r\nHost: api.example.com\r\n\r\n'
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`${toHandshake()}${smuggled}`)
  const answer = await readUntil(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/)
  expect(answer).toMatch(/x-why: no/i)
  expect(answer.endsWith('nope')).toBe(true)
  expect(handshakes).toHaveLength(1)
})

test('the end of one side reaches the other, which may still speak', async () => {
  const talker = createTcp({ allowHalfOpen: true }, (socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    )
    socket.on('end', () => socket.end('last words'))
  }).listen(0, '127.0.0.1')
  await once(talker, 'listening')
  const address = talker.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const other = await startGateway(url, {}, { webSocket: true })
  const socket = connect({ port: other.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write(toHandshake())
  await once(socket, 'data')
  socket.end()
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('last words')
  await once(socket, 'close')
  await other.close()
  talker.close()
})

test('a client that vanishes takes its connection to the upstream with it', async () => {
  const client = open()
  await once(client, 'open')
  const [behind] = sockets.clients
  const closed = once(behind as WebSocket, 'close')
  client.terminate()
  await closed
})

test('back-pressure reaches the sender: nothing is kept in between', async () => {
  const client = open()
  await once(client, 'open')
  const [behind] = sockets.clients
  client.pause()
  const block = Buffer.alloc(1_000_000)
  for (let index = 0; index < 100; index++) behind?.send(block)
  await new Promise((resolve) => setTimeout(resolve, 300))
  // The sender still holds most of it: only what sockets buffer is under way.
  expect(behind?.bufferedAmount).toBeGreaterThan(50_000_000)
  let received = 0
  client.on('message', (data: Buffer) => {
    received += data.length
  })
  client.resume()
  await expect.poll(() => received, { timeout: 20_000 }).toBe(100_000_000)
  client.terminate()
})

test('a graceful stop waits for tunnels, and cuts them after its grace', async () => {
  const client = open()
  await once(client, 'open')
  let isClosed = false
  const closing = gateway.close({ graceMs: 400 }).then(() => {
    isClosed = true
  })
  client.send('still there')
  const [data] = await once(client, 'message')
  expect([String(data), isClosed]).toEqual(['still there', false])
  await Promise.all([once(client, 'close'), closing])
})

test('a form post still takes the other path', async () => {
  const { send } = await import('./support.ts')
  expect((await send(gateway.url, signSms())).body).toBe('plain')
})
