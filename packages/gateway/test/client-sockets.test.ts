import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answerRequest } from '../src/answers.ts'
import { ClientSockets } from '../src/client-sockets.ts'
import { OwnEvents } from '../src/own-events.ts'
import { followAnswer } from '../src/pending-answers.ts'
import { createRequestServer } from '../src/server.ts'
import { listenOn } from './support.ts'

// 104 open files allow 20 clients. From 18 on, two at a time are closed.
let clients: ClientSockets
let events: OwnEvents
let opened: Socket[]
let port: number
let requests: number
let stop: () => void

beforeEach(async () => {
  events = new OwnEvents()
  clients = new ClientSockets(events, 104)
  opened = []
  requests = 0
  const { server } = createRequestServer(
    {},
    (req, res) => {
      requests++
      const onBroken = (status: number) => void answerRequest(res, status, false, 9)
      followAnswer({ res, onClose: () => undefined, onBroken })
      if (req.url === '/tunnel') clients.keep(req.socket)
      if (req.url !== '/wait') answerRequest(res, 403, true, 0)
    },
    () => undefined,
    clients,
  )
  port = Number(new URL(await listenOn(server)).port)
  stop = () => {
    for (const socket of opened) socket.destroy()
    server.close()
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  stop()
})

/** Opens a connection, and returns the first bytes of the answer, if it asks for one. */
async function open(target = '', more = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  opened.push(socket)
  await once(socket, 'connect')
  const before = requests
  if (target !== '') socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`)
  if (target !== '/wait' && target !== '') return String((await once(socket, 'data'))[0])
  socket.resume()
  // Until then, it is an idle connection.
  if (target !== '') await expect.poll(() => requests > before || socket.closed).toBe(true)
  return ''
}

const listClosed = () => opened.flatMap(({ closed }, index) => (closed ? [index] : []))

test('above three quarters, a refused request ends its connection, and the operator is told once', async () => {
  const told: number[] = []
  events.on('crowded', (...numbers) => told.push(...numbers))
  for (let count = 0; count < 15; count++) expect(await open('/')).not.toMatch(/connection: close/i)
  expect(await open('/')).toMatch(/connection: close/i)
  expect(await open('/')).toMatch(/connection: close/i)
  expect(told).toEqual([16, 20])
})

test('near the limit the longest idle are closed, and no tunnel and no request in flight', async () => {
  await open('/tunnel')
  await open('/wait')
  for (let count = 0; count < 17; count++) await open()
  // The third was used again, so that two others are idle for longer.
  await expect.poll(listClosed).toEqual([2, 3])
})

test('if none is idle, the oldest with incomplete bodies are answered 408, and then the new one is closed', async () => {
  for (let count = 0; count < 16; count++) await open('/wait')
  for (let count = 0; count < 2; count++) await open('/wait', 'Content-Length: 9\r\n')
  const answers = opened.slice(16).map((socket) => once(socket, 'data'))
  await open('/wait')
  for (const [bytes] of await Promise.all(answers)) expect(String(bytes)).toMatch(/^HTTP\/1\.1 408 /)
  await expect.poll(listClosed).toEqual([16, 17])
  for (let count = 0; count < 5; count++) await open('/wait')
  await expect.poll(listClosed).toEqual([16, 17, 22, 23])
})

test('a burst of new connections closes the old ones, and never one that is young beside them', async () => {
  // A clock that no load of the machine moves. A search takes a millisecond of it.
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => ++now)
  for (let count = 0; count < 16; count++) await open('/wait', 'Content-Length: 9\r\n')
  // More than are closed at a time, before any of them could send its request.
  for (let count = 0; count < 12; count++) await open()
  await expect.poll(() => listClosed().length).toBeGreaterThanOrEqual(10)
  expect(listClosed().every((index) => index < 16)).toBe(true)
  const answers = opened.slice(16).map(async (socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    return String((await once(socket.resume(), 'data'))[0])
  })
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 403 /)
})
