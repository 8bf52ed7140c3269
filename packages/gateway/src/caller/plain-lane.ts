import type { Socket } from 'node:net'
import { keptMs } from './connection-lines.ts'
import type { PlainCaller } from './plain-caller.ts'
import { PlainConnection, type PlainConnectionOwner } from './plain-connection.ts'

const sweepMs = 1000

/** The connections that have brought plain requests only. */
export class PlainLane implements PlainConnectionOwner {
  readonly #open = new Set<PlainConnection>()
  readonly #serve: (caller: PlainCaller) => void
  readonly #handOver: (socket: Socket) => void
  #sweeper: NodeJS.Timeout | undefined

  /** @param handOver to whoever reads all that is not plain */
  constructor(serve: (caller: PlainCaller) => void, handOver: (socket: Socket) => void) {
    this.#serve = serve
    this.#handOver = handOver
  }

  take(socket: Socket): void {
    this.#open.add(new PlainConnection(socket, this))
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref()
  }

  /** But for new ones, whose first request may be on its way. */
  closeIdle(): void {
    for (const connection of this.#open) if (connection.isIdle && !connection.isNew) connection.destroy()
  }

  closeAll(): void {
    for (const connection of this.#open) connection.destroy()
  }

  onRequest(caller: PlainCaller): void {
    this.#serve(caller)
  }

  onOther(connection: PlainConnection, socket: Socket): void {
    this.onClose(connection)
    this.#handOver(socket)
  }

  onClose(connection: PlainConnection): void {
    this.#open.delete(connection)
    if (this.#open.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }

  /** Whoever is silent from the start has to do with the time limits of `node:http`. */
  #sweep(): void {
    for (const connection of this.#open) {
      if (!connection.isIdle) continue
      if (connection.isNew) connection.handOver()
      else if (++connection.idleSweeps > keptMs / sweepMs) connection.destroy()
    }
  }
}
