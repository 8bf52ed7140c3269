import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listenOn, send, signSms, startGateway } from '../support.ts'

// Heavy: it sends thousands of requests.

/** What a backend saw of each request, by the number in its target. */
interface History {
  readonly handled: Map<number, number>
  /** Bytes of it came on a connection that the backend had ended. */
  readonly late: Set<number>
  /** How many connections the backend has ended. */
  ended: number
}

/**
 * Starts a backend that ends a connection shortly after every third answer, without saying so. It goes on
 * reading, as a kernel does, so that it knows what was sent.
 */
async function startRecycling(history: History): Promise<string> {
  let answers = 0
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    let text = ''
    const recycle = (): void => {
      if (!socket.writableEnded) history.ended++
      socket.end()
    }
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (;;) {
        const [head = ''] = text.split('\r\n\r\n', 1)
        const id = Number(/^POST \/sms\?id=(\d+)/.exec(text)?.[1])
        if (socket.writableEnded) {
          history.late.add(id)
          return
        }
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (text.length < head.length + 4 + length || text === '') return
        text = text.slice(head.length + 4 + length)
        history.handled.set(id, (history.handled.get(id) ?? 0) + 1)
        // A worker that dies after its work: the request must not come again.
        if (id % 50 === 0) return void socket.destroy()
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        if (++answers % 3 === 0) setTimeout(recycle, answers % 4)
      }
    })
  })
  onTestFinished(() => void server.close())
  return await listenOn(server)
}

test('a backend that recycles its connections under load gets each request once, and none is refused unsent', async () => {
  const history: History = { handled: new Map(), late: new Set(), ended: 0 }
  const gateway = await startGateway(await startRecycling(history))
  onTestFinished(() => gateway.close())
  let next = 0
  const statuses = new Map<number, number>()
  const work = async (): Promise<void> => {
    while (next < 3000) {
      const id = next++
      const { status } = await send(gateway.url, signSms(`/sms?id=${id}`))
      statuses.set(id, status)
    }
  }
  await Promise.all(Array.from({ length: 40 }, work))
  expect(statuses.size).toBe(3000)
  const failed = [...statuses].filter(([, status]) => status !== 200).map(([id]) => id)
  // Bytes of a request that meets the end of its connection on the way were sent, so that it is not tried again.
  expect(failed.filter((id) => !history.late.has(id) && id % 50 !== 0)).toEqual([])
  expect(failed.length).toBeLessThanOrEqual(history.ended + 60)
  expect([...history.handled.values()].filter((times) => times > 1)).toEqual([])
  expect([...statuses.keys()].filter((id) => statuses.get(id) === 200 && !history.handled.has(id))).toEqual([])
}, 120_000)
