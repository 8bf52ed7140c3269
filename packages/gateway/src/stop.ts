import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long the listener stays open, for balancers to notice; and how long answers may then take to arrive. */
const lingerMs = 1000

/** Gives the open connections of a server, those within a TLS handshake included, which the server itself does not close. */
export function followSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

export interface StopTerms {
  readonly sockets: ReadonlySet<Socket>
  readonly graceMs: number
  /** Nothing is in flight. */
  isIdle(): boolean
}

/** Serves on for a moment, closes the listener, waits within its grace for what is in flight, and then closes every connection. */
export async function stopServer(server: Server, { sockets, graceMs, isIdle }: StopTerms): Promise<void> {
  if (!server.listening) return
  const end = Date.now() + graceMs
  const waitFor = async (condition: () => boolean, ms: number): Promise<void> => {
    const until = Math.min(end, Date.now() + ms)
    while (Date.now() < until && !condition()) await sleep(20)
  }
  await waitFor(() => sockets.size === 0, lingerMs)
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await waitFor(isIdle, graceMs)
  await waitFor(() => sockets.size === 0, lingerMs)
  for (const socket of sockets) socket.destroy()
  await closed
}
