import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Arrival } from './judge.ts'

/** A server that can die and come back on its port. */
export async function startServer(listener: RequestListener) {
  // Its connections to the gateway must not be closed while a request is on its way.
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  const listen = (port: number): Promise<unknown> => once(server.listen(port, '127.0.0.1'), 'listening')
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async die() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    comeBack: () => listen(port),
  }
}

/** A backend that works on a delivery only if it is the first, and then answers. */
export async function startBackend(arrivals: Arrival[]) {
  /** How it works at the moment. */
  const state = { delayMs: 0, isFailing: false }

  async function answer(arrival: Omit<Arrival, 'doneAt'>, res: ServerResponse): Promise<void> {
    const index = arrivals.push(arrival) - 1
    if (arrival.delivery !== 'first') return void res.end('seen')
    if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs))
    if (state.isFailing) return void res.writeHead(500).end()
    // The work is rolled back if the answer cannot be sent.
    res.on('finish', () => {
      arrivals[index] = { ...arrival, doneAt: performance.now() }
    })
    if (!res.destroyed) res.end('done')
  }

  const server = await startServer((req, res) => {
    const { 'x-attempt': attempt, 'tollgate-delivery': delivery } = req.headers
    req.resume().on('end', () => void answer({ attempt: String(attempt), delivery: String(delivery) }, res))
  })
  return { ...server, state }
}

export type Backend = Awaited<ReturnType<typeof startBackend>>
