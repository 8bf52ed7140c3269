import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Pool } from '../src/upstream/pool.ts'

/** Between `send` and the end of the turn, nothing of a request has been sent: what happens then must not count as its answer. */
let server: Server
let pool: Pool
let upstream: Socket
const received: string[] = []

beforeEach(async () => {
  received.length = 0
  server = createServer((socket) => {
    upstream = socket
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      received.push(bytes.toString('latin1').slice(0, 6))
      socket.write(answer('fine'))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1000)
  expect(await send('/first')).toBe('fine')
})

afterEach(async () => {
  await pool.close()
  server.close()
})

const answer = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`

/** The body of the answer, or why there is none. */
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

test('an answer that came before its request had left reaches nobody', async () => {
  // In a timer: what the upstream says now is read before the turn ends.
  await sleep(1)
  upstream.write(answer('forged'))
  expect(await send('/second')).toBe('unreachable')
  expect(received).toEqual(['GET /f'])
  expect(await send('/third')).toBe('fine')
  expect(received).toEqual(['GET /f', 'GET /t'])
})

test('a connection that the upstream closes before the request has left may be tried again: nothing was sent', async () => {
  await sleep(1)
  upstream.end()
  expect(await send('/second')).toBe('unreachable')
  expect(received).toEqual(['GET /f'])
  expect(await send('/third')).toBe('fine')
})

test('requests of one turn go over connections of their own, and a request that was given up leaves nothing', async () => {
  expect(await Promise.all([send('/a'), send('/b')])).toEqual(['fine', 'fine'])
  const request = { head: 'GET /gone HTTP/1.1\r\nHost: a\r\n\r\n', body: new Uint8Array(0), isHead: false }
  const none = { onHead: () => undefined, onData: () => undefined, onEnd: () => undefined, onFailure: () => undefined }
  pool.send(request, none).abort()
  expect(await send('/c')).toBe('fine')
  expect(received).toEqual(['GET /f', 'GET /a', 'GET /b', 'GET /c'])
})
