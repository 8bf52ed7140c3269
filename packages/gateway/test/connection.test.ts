import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Pool } from '../src/upstream/pool.ts'
import { listenOn } from './support.ts'

let server: Server
let pool: Pool
const received: string[] = []

beforeEach(async () => {
  received.length = 0
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      received.push(bytes.toString('latin1').slice(0, 6))
      socket.write(answer('fine'))
    })
  })
  pool = new Pool(await listenOn(server))
  expect(await send('/first')).toBe('fine')
})

afterEach(async () => {
  await pool.close()
  server.close()
})

const answer = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`

/** Returns the body of the answer, or the failure. */
function send(target: string): Promise<string> {
  const request = { head: `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, body: new Uint8Array(0), isHead: false }
  let text = ''
  return new Promise((resolve) => {
    pool.send(request, {
      onHead: () => undefined,
      onData(bytes) {
        text += bytes.toString('latin1')
      },
      onEnd: () => resolve(text),
      onFailure: resolve,
    })
  })
}

test('simultaneous requests use separate connections, and the answer to an aborted request is dropped', async () => {
  expect(await Promise.all([send('/a'), send('/b')])).toEqual(['fine', 'fine'])
  const request = { head: 'GET /gone HTTP/1.1\r\nHost: a\r\n\r\n', body: new Uint8Array(0), isHead: false }
  const none = { onHead: () => undefined, onData: () => undefined, onEnd: () => undefined, onFailure: () => undefined }
  pool.send(request, none).abort()
  expect(await send('/c')).toBe('fine')
  expect(received.at(-1)).toBe('GET /c')
})

test('bytes that arrived before a request are not its answer', async () => {
  await pool.close()
  const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`
  // The answer fills one read, so the rest is read in the same turn, before the next request is written.
  const length = 64 * 1024 - head(10_000).length
  server.removeAllListeners('connection').on('connection', (socket) => {
    socket.once('data', () => socket.write(head(length) + 'x'.repeat(length) + answer('stray')))
  })
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect((await send('/first')).length).toBe(length)
  // Nothing of it was sent, so it may be sent again.
  expect(await send('/second')).toBe('unreachable')
})

test.each(['end', 'resetAndDestroy', 'write'] as const)(
  'a request is unsent if the upstream closes in its turn: %s',
  async (act) => {
    await pool.close()
    let peer: Socket | undefined
    server.on('connection', (socket) => {
      peer = socket
    })
    pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect(await send('/first')).toBe('fine')
    // The end arrives when this turn has ended, before the bytes are written at the end of the next.
    const failure = await new Promise((resolve) => {
      setImmediate(() => {
        if (act === 'write') peer?.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
        else peer?.[act]()
        resolve(send('/again'))
      })
    })
    expect(failure).toBe('unreachable')
    expect(received.filter((line) => line.startsWith('GET /a'))).toEqual([])
  },
)
