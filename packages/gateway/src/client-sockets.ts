import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { OwnEvents } from './own-events.ts'
import { breakRequest, findIdleSince } from './pending-answers.ts'

/** Descriptors for listeners, files, look-ups, Redis and the admin pages. */
const reserved = 64

/** How often the operator is told. */
const tellMs = 60_000
/** A connection that was opened or answered just now is about to send a request. */
const youngMs = 1000
/** After a search that found little, the next one waits this many times as long as it took. */
const restFactor = 10

const owners = new WeakMap<Socket, ClientSockets>()

/** Returns true if so many clients are connected that a refused one should not stay. */
export function isCrowded(socket: Socket): boolean {
  return owners.get(socket)?.isCrowded === true
}

/**
 * The connections of clients, at all listeners that strangers reach. Without a bound they would use
 * up the descriptors, and genuine requests, the upstream and the admin pages would get none.
 */
export class ClientSockets {
  /** The connections, and when each was opened. */
  readonly #sockets = new Map<Socket, number>()
  readonly #tunnels = new WeakSet<Socket>()
  readonly #events: OwnEvents
  readonly #most: number
  readonly #batch: number
  #searchAt = 0
  #tellAt = 0

  /** @param openFiles how many files the process may open */
  constructor(events: OwnEvents, openFiles: number = readOpenFiles()) {
    this.#events = events
    // Each request in flight needs a second descriptor, to the upstream.
    this.#most = Math.max(16, Math.floor((openFiles - reserved) / 2))
    // With a larger bound a search takes longer, but it also closes more connections.
    this.#batch = Math.ceil(this.#most / 16)
  }

  get isCrowded(): boolean {
    return this.#sockets.size > this.#most * 0.75
  }

  /** Admits a connection, or closes it if others leave no room for it. */
  add(socket: Socket): void {
    if (this.#sockets.size >= this.#most - this.#batch) this.#makeRoom()
    if (this.#sockets.size >= this.#most) return void socket.destroy()
    this.#sockets.set(socket, performance.now())
    owners.set(socket, this)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.isCrowded) this.#tell()
  }

  /** Keeps a tunnel open, which has no pending answer and is not idle. */
  keep(socket: Socket): void {
    this.#tunnels.add(socket)
  }

  /** Closes some connections: the longest idle, then the oldest with an incomplete request, then young ones. */
  #makeRoom(): void {
    const now = performance.now()
    if (now < this.#searchAt) return
    const idle: { socket: Socket; since: number }[] = []
    const busy: Socket[] = []
    for (const [socket, openedAt] of this.#sockets) {
      if (this.#tunnels.has(socket)) continue
      const since = findIdleSince(socket, openedAt)
      if (since === undefined) busy.push(socket)
      else idle.push({ socket, since })
    }
    idle.sort((one, other) => one.since - other.since)
    const old = idle.filter(({ since }) => since < now - youngMs)
    let left = this.#batch - this.#close(old.slice(0, this.#batch))
    for (const socket of busy) {
      if (left === 0) break
      if (!breakRequest(socket, 408)) continue
      left--
      this.#sockets.delete(socket)
      // Without waiting for the client, which could lose the answer.
      socket.once('finish', () => socket.destroy())
    }
    left -= this.#close(idle.slice(old.length, old.length + left))
    if (left > 0) this.#searchAt = now + restFactor * (performance.now() - now)
  }

  #close(idle: readonly { socket: Socket }[]): number {
    for (const { socket } of idle) {
      this.#sockets.delete(socket)
      socket.destroy()
    }
    return idle.length
  }

  #tell(): void {
    const now = performance.now()
    if (now < this.#tellAt) return
    this.#tellAt = now + tellMs
    this.#events.emit('crowded', this.#sockets.size, this.#most)
  }
}

/** Reads the limit of open files. Only Linux says it: elsewhere there is no bound. */
function readOpenFiles(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Infinity : Number(soft)
  } catch {
    return Infinity
  }
}
