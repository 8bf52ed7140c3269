import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatRequest, listenOn, type Started, sendRaw, signSms, startGateway } from './support.ts'

/**
 * A TCP server as the upstream. It counts its connections, and each request takes one of `answers`.
 */
let server: Server
let gateway: Started
let connections = 0
let answers: ((socket: Socket) => void)[] = []
const received: string[] = []

beforeAll(async () => {
  server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      received.push(bytes.toString('latin1'))
      answers.shift()?.(socket)
    })
  })
  gateway = await startGateway(await listenOn(server))
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  server.close()
})

const say = (text: string) => (socket: Socket) => void socket.write(text, 'latin1')
const sayAndEnd = (text: string) => (socket: Socket) => void socket.end(text, 'latin1')
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'

async function ask(...next: ((socket: Socket) => void)[]): Promise<string> {
  answers = next
  return sendRaw(gateway.port, formatRequest(signSms(), { connection: 'close' }))
}

const refused: Readonly<Record<string, string>> = {
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 0\r\n\r\nfine',
  'a bare CR, to split the answer': 'HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b=c\r\nContent-Length: 0\r\n\r\n',
  'a huge head': `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`,
  'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n',
  'a malformed first chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
}

for (const [what, text] of Object.entries(refused))
  test(`an upstream that answers with ${what} causes a 502, and its bytes are dropped`, async () => {
    const answer = await ask(say(text))
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(answer).not.toMatch(/x-a|set-cookie|SSH/i)
    expect(await ask(say(ok))).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })

test('an upstream that closes before its body begins causes a 502 and gets the request only once', async () => {
  for (const text of ['', 'HTTP/1.1 200 OK\r\nContent-', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n']) {
    received.length = 0
    expect(await ask(sayAndEnd(text))).toMatch(/^HTTP\/1\.1 502 /)
    expect(received).toHaveLength(1)
  }
})

test('an answer that breaks off or has faulty chunks is cut off visibly', async () => {
  const short = await ask(sayAndEnd('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfine'))
  expect(short).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-length: 10\r\n/i)
  const coded = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n'
  for (const next of [say(`${coded}zz\r\n`), say(`${coded}4\r\nfineX`), sayAndEnd(coded)]) {
    const answer = await ask(next)
    // If the fault came with the first chunk, nothing was passed on.
    expect(answer).toMatch(/^HTTP\/1\.1 (200 OK|502 Bad Gateway)\r\n/)
    expect(answer).not.toContain('\r\n0\r\n\r\n')
  }
})

test('bytes after an answer are dropped, and the connection is closed', async () => {
  const split = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
  for (const text of [`${ok}${split}`, `HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n${split}`]) {
    await ask(say(ok))
    const before = connections
    expect(await ask(say(text))).not.toContain('forged')
    expect(await ask(say(ok))).toMatch(/\r\n\r\nfine$/)
    expect(connections).toBe(before + 1)
  }
})

test('bytes on an idle connection are not the answer to the next request', async () => {
  let idle: Socket | undefined
  expect(
    await ask((socket) => {
      idle = socket
      socket.write(ok)
    }),
  ).toMatch(/\r\n\r\nfine$/)
  idle?.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged')
  await once(idle as Socket, 'close')
  expect(await ask(say(ok))).toMatch(/\r\n\r\nfine$/)
})

test('connections are reused unless the upstream is about to close them', async () => {
  await ask(say(ok))
  const before = connections
  await ask(say(ok))
  expect(connections).toBe(before)
  await ask(say(ok.replace('\r\n', '\r\nConnection: close\r\n')))
  await ask(say(ok.replace('\r\n', '\r\nKeep-Alive: timeout=1\r\n')))
  await ask(say(ok))
  expect(connections).toBe(before + 2)
})

test('a slow client pauses the upstream and gets every byte, and the connection is reused', async () => {
  const size = 32 * 1024 * 1024
  let upstream: Socket | undefined
  answers = [
    (socket) => {
      upstream = socket
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      socket.write(Buffer.alloc(size, 'x'))
    },
  ]
  const client = connect(gateway.port, '127.0.0.1')
  client.write(formatRequest(signSms()))
  await once(client, 'readable')
  // Waits until the upstream can send no more. The rest of the answer is still in its buffer.
  let left = -1
  while (upstream === undefined || left !== upstream.writableLength) {
    left = upstream?.writableLength ?? -1
    await sleep(200)
  }
  expect(left).toBeGreaterThan(0)
  let length = 0
  client.on('data', (bytes: Buffer) => {
    length += bytes.length
    if (length >= size) client.end()
  })
  await once(client, 'close')
  expect(length).toBeGreaterThan(size)
  const before = connections
  expect(await ask(say(ok))).toMatch(/\r\n\r\nfine$/)
  expect(connections).toBe(before)
})

test('tiny chunks and a slow client: each read is one write, with one listener', async () => {
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => void warnings.push(name)
  process.on('warning', onWarning)
  answers = [
    (socket) => {
      const chunks = Buffer.from('1\r\nx\r\n'.repeat(10_000))
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let count = 0; count < 200; count++) socket.write(chunks)
      socket.write('0\r\n\r\n')
    },
  ]
  const client = connect(gateway.port, '127.0.0.1')
  client.write(formatRequest(signSms(), { connection: 'close' }))
  await once(client, 'readable')
  await sleep(300)
  let body = 0
  client.on('data', (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 0x78) body++
  })
  await once(client, 'close')
  process.off('warning', onWarning)
  expect(body).toBe(2_000_000)
  expect(warnings).toEqual([])
})
