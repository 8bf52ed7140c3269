import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { probeAll } from '../../src/audit/probe.ts'
import { listen } from '../support.ts'

// In heavy/, because it waits for eight limits of time, one after the other, to compare the memory.

test('an endpoint that redirects, stalls, streams without end or has huge headers costs a bounded time', async () => {
  const elsewhere: string[] = []
  const other = await listen((req, res) => {
    elsewhere.push(String(req.url))
    res.end()
  })
  /** Writes a text again and again, until the client leaves. */
  const flood = (socket: Socket, text: string): void => {
    const write = (): void => {
      while (socket.writable && socket.write(text));
    }
    socket.on('drain', write).on('error', () => undefined)
    write()
  }
  const raw: Readonly<Record<string, (socket: Socket) => unknown>> = {
    redirects: (socket) => socket.end(`HTTP/1.1 307 Go\r\nLocation: ${other.origin}/elsewhere\r\n\r\n`),
    stalls: () => undefined,
    'stalls in the head': (socket) => socket.write('HTTP/1.1 200 OK\r\nX-A: '),
    'streams a body': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      flood(socket, `10000\r\n${'x'.repeat(65_536)}\r\n`)
    },
    'one header without an end': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-A: ')
      flood(socket, 'x'.repeat(65_536))
    },
    'headers without an end': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      flood(socket, 'X-A: x\r\n'.repeat(8192))
    },
    'answers of status 100 without an end': (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)),
    'no HTTP': (socket) => flood(socket, 'x'.repeat(65_536)),
  }
  const servers: [string, Server][] = []
  for (const [name, answer] of Object.entries(raw)) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => answer(socket))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push([name, server])
  }
  const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
  const verdicts: Record<string, string> = {}
  const [memory, started] = [process.memoryUsage().rss, performance.now()]
  for (const [name, server] of servers) {
    const [probed] = await probeAll([{ url: urlOf(server), method: 'POST' }], 1500, () => undefined)
    verdicts[name] = probed?.verdict ?? ''
    server.close()
  }
  await other.close()
  expect(verdicts).toEqual({
    redirects: 'unclear',
    stalls: 'no answer',
    'stalls in the head': 'no answer',
    'streams a body': 'not guarded',
    'one header without an end': 'no answer',
    'headers without an end': 'no answer',
    'answers of status 100 without an end': 'no answer',
    'no HTTP': 'no answer',
  })
  expect(elsewhere).toEqual([])
  expect(performance.now() - started).toBeLessThan(Object.keys(raw).length * 5000)
  expect(process.memoryUsage().rss - memory).toBeLessThan(200 * 1024 * 1024)
}, 60_000)
