import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcp, type Socket } from 'node:net'
import { signRequest } from 'tollgate/testing'
import { beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  authToken,
  collectLog,
  formatRequest,
  listCgiVariables,
  listenOn,
  readUntil,
  type Started,
  separators,
  signSms,
  startGateway,
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

function signHandshake(target = '/media', token = authToken): string {
  const { headers } = signRequest({ url: `wss://api.example.com${target}`, method: 'GET', authToken: token })
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-twilio-signature')?.[1] ?? ''
}

function open(signature = signHandshake(), target = '/media'): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${gateway.port}${target}`, {
    headers: { host: 'api.example.com', 'x-twilio-signature': signature },
  })
}

function formatHandshake(more: Record<string, string> = {}, method = 'GET'): string {
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

test('a signed handshake opens a tunnel, and messages pass in both directions', async () => {
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
  test(`E7: a handshake that is ${what} is answered 403 and does not reach the upstream`, async () => {
    const client = make()
    client.on('error', () => undefined)
    const [, response] = await once(client, 'unexpected-response')
    expect(response.statusCode).toBe(403)
    expect(handshakes).toEqual([])
  })

test('E7: the signature of a handshake opens only a WebSocket', async () => {
  for (const bytes of [
    formatHandshake({ Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }),
    formatHandshake({}, 'POST'),
    `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: api.example.com\r\nX-Twilio-Signature: ${signHandshake()}\r\n\r\n`,
  ]) {
    const { answer } = await openRaw(bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
  }
  expect(handshakes).toEqual([])
})

test('E7: upgrades on a route without WebSockets are refused and do not reach the upstream', async () => {
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
      const { answer } = await openRaw(formatHandshake({ 'X-Twilio-Signature': signature }))
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    }
    await gateway.close({ graceMs: 0 })
  }
  expect(requests).toBe(0)
})

test('a handshake that announces a body is refused', async () => {
  const { answer } = await openRaw(`${formatHandshake({ 'Content-Length': '5' })}hello`)
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(handshakes).toEqual([])
})

test('E5: verdict headers from a client are dropped from a handshake', async () => {
  const { socket, answer } = await openRaw(
    formatHandshake({ 'Tollgate-Verified': 'params', tollgate_verified: 'params', 'Tollgate-Account-Sid': 'AC1' }),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 101 /)
  expect(handshakes[0]).toMatchObject({ 'tollgate-verified': 'url', 'tollgate-account-sid': '' })
  expect(handshakes[0]).not.toHaveProperty('tollgate_verified')
  socket.destroy()
})

test('E5: only the gateway sets CGI variables of the verdict in a handshake', async () => {
  const spoofed = Object.fromEntries(separators.map((one) => [`Tollgate${one}Verified`, 'params']))
  const { socket, answer } = await openRaw(formatHandshake({ ...spoofed, Connection: 'Upgrade, X-Twilio-Signature' }))
  expect(answer).toMatch(/^HTTP\/1\.1 101 /)
  const variables = listCgiVariables(
    Object.entries(handshakes[0] ?? {}).flatMap(([name, value]) => [name, String(value)]),
  )
  expect(variables.get('HTTP_TOLLGATE_VERIFIED')).toEqual(['url'])
  expect(handshakes[0]).toHaveProperty('x-twilio-signature')
  socket.destroy()
})

test('a handshake in HTTP/1.0, or with an unknown expectation, is refused', async () => {
  const bytes = formatHandshake()
  for (const [what, status] of [
    [bytes.replace('HTTP/1.1', 'HTTP/1.0'), 400],
    [formatHandshake({ Expect: 'x' }), 417],
  ] as const) {
    const { answer } = await openRaw(what)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  }
  expect(handshakes).toEqual([])
})

/** Starts a gateway in front of a TCP server that sends `answer` to every request. */
async function startInFrontOf(answer: string, isEnding: boolean, timeoutMs = 3000) {
  const talker = createTcp((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (isEnding ? socket.end(answer, 'latin1') : socket.write(answer, 'latin1')))
  })
  const { lines, log } = collectLog()
  const other = await startGateway(await listenOn(talker), { timeoutMs, log }, { webSocket: true })
  return {
    lines,
    async ask(bytes: string): Promise<string> {
      const socket = connect(other.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(bytes)
      return readUntil(socket)
    },
  }
}

const switched = 'HTTP/1.1 101 Switching Protocols\r\n'

for (const [what, lines] of Object.entries({
  'to another protocol': 'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  'to two protocols': 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n',
  'to two protocols in two lines': 'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n',
  'without Upgrade': 'Connection: Upgrade\r\n',
  'without Connection': 'Upgrade: websocket\r\n',
}))
  test(`E7: an upstream that switches ${what} gets no tunnel`, async () => {
    const other = await startInFrontOf(`${switched}${lines}\r\nsecret`, false, 500)
    const answer = await other.ask(formatHandshake())
    expect(answer).toMatch(/^HTTP\/1\.1 50[24] /)
    expect(answer).not.toContain('secret')
  })

test('an answer 101 has no body and no length, and interim answers before it are bounded', async () => {
  const upgrade = 'connection: upgrade\r\nUpgrade: WebSocket\r\n'
  const framed = `${switched}${upgrade}X-A: a\r\nContent-Length: 5\r\n\r\n`
  const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
  for (const [answer, expected] of [
    [framed, `${switched}X-A: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    [framed.replace('Content-Length: 5', 'Transfer-Encoding: chunked'), `${switched}X-A: a\r\nConnection: Upgrade\r\n`],
    [`${hint.repeat(100)}${framed}`, `${switched}X-A: a\r\n`],
    [`${hint.repeat(1000)}${framed}`, 'HTTP/1.1 502 '],
  ] as const) {
    const other = await startInFrontOf(answer, true)
    expect((await other.ask(formatHandshake())).slice(0, expected.length)).toBe(expected)
  }
})

test('E7: an upstream that switches protocols without an upgrade request gets no tunnel', async () => {
  const other = await startInFrontOf(`${switched}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nsecret`, false, 500)
  const answer = await other.ask(formatRequest(signSms('/media'), { connection: 'close' }))
  expect(answer).toMatch(/^HTTP\/1\.1 502 /)
  expect(answer).not.toContain('secret')
})

test('the answer to a declined handshake is complete, or visibly incomplete', async () => {
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
    const other = await startInFrontOf(answer, true)
    const received = await other.ask(formatHandshake())
    expect([answer, isComplete(received)]).toEqual([answer, isWhole])
    await expect.poll(() => other.lines).toMatchObject([{ by: 'upstream', result: isWhole ? 'answered' : 'broken' }])
  }
})

/** Returns true if an answer over HTTP/1.1 is complete according to RFC 9112 section 6.3. */
function isComplete(answer: string): boolean {
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s)
  if (/^HTTP\/1\.1 204 /.test(head)) return body === ''
  if (/^transfer-encoding: chunked$/im.test(head)) return body === '4\r\nnope\r\n0\r\n\r\n'
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  return length === undefined || body.length === Number(length)
}

test.each(['099 Low', '200 a\x01b', '200 a\x7fb'])(
  'an upstream that declines with the status line %j is answered 502, and the gateway serves on',
  async (line) => {
    const other = await startInFrontOf(`HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n`, true)
    for (let index = 0; index < 2; index++)
      expect(await other.ask(formatHandshake())).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
  },
)

test('an endless answer of an upstream that declines is cut off in time', async () => {
  const other = await startInFrontOf('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n', false, 500)
  expect(await other.ask(formatHandshake())).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  await expect.poll(() => other.lines).toMatchObject([{ result: 'broken', failure: 'no whole answer in time' }])
})

test('a declined handshake closes the connection, and bytes after it are dropped', async () => {
  decline = true
  const smuggled = 'GET /admin HTTP/1.1\r\nHost: api.example.com\r\n\r\n'
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`${formatHandshake()}${smuggled}`)
  const answer = await readUntil(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/)
  expect(answer).toMatch(/x-why: no/i)
  expect(answer.endsWith('nope')).toBe(true)
  expect(handshakes).toHaveLength(1)
})

test('after one side ends, the other side can still send', async () => {
  const talker = createTcp({ allowHalfOpen: true }, (socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    )
    socket.on('end', () => socket.end('last words'))
  })
  const other = await startGateway(await listenOn(talker), {}, { webSocket: true })
  const socket = connect({ port: other.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write(formatHandshake())
  await once(socket, 'data')
  socket.end()
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('last words')
  await once(socket, 'close')
})

test('a client that disconnects closes its connection to the upstream', async () => {
  const client = open()
  await once(client, 'open')
  const [behind] = sockets.clients
  const closed = once(behind as WebSocket, 'close')
  client.terminate()
  await closed
})

test('back-pressure reaches the sender, and the gateway buffers nothing', async () => {
  const client = open()
  await once(client, 'open')
  const [behind] = sockets.clients
  client.pause()
  const block = Buffer.alloc(1_000_000)
  for (let index = 0; index < 100; index++) behind?.send(block)
  await new Promise((resolve) => setTimeout(resolve, 300))
  // Most bytes are still with the sender. Only the sockets buffer some.
  expect(behind?.bufferedAmount).toBeGreaterThan(50_000_000)
  let received = 0
  client.on('message', (data: Buffer) => {
    received += data.length
  })
  client.resume()
  await expect.poll(() => received, { timeout: 20_000 }).toBe(100_000_000)
  client.terminate()
})

test('a graceful stop waits for tunnels and cuts them off after the grace period', async () => {
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

test('a form post on a WebSocket route is answered by the upstream', async () => {
  const { send } = await import('./support.ts')
  expect((await send(gateway.url, signSms())).body).toBe('plain')
})
