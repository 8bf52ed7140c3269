import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { OwnEvents } from './own-events.ts'
import { breakRequest, findIdleSince } from './pending-answers.ts'

/** Descriptors for listeners, files, look-ups, Redis and the admin pages. */
const reserved = 64

/** How often the operator is told, and how soon after a vain search for room the next one begins. */
const tellMs = 60_000
const searchMs = 100
/** A search looks at every connection. The next one waits this many times as long as it took. */
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
    this.#batch = Math.min(64, Math.ceil(this.#most / 16))
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

  /** Closes some connections: the longest idle, or else the oldest whose request is incomplete. */
  #makeRoom(): void {
    const now = performance.now()
    if (now < this.#searchAt) return
    const others = [...this.#sockets].filter(([socket]) => !this.#tunnels.has(socket))
    const idle = others
      .map(([socket, openedAt]) => ({ socket, since: findIdleSince(socket, openedAt) }))
      .filter(({ since }) => since !== undefined)
      .sort((one, other) => Number(one.since) - Number(other.since))
    for (const { socket } of idle.slice(0, this.#batch)) {
      this.#sockets.delete(socket)
      socket.destroy()
    }
    let left = this.#batch
    for (const [socket] of idle.length > 0 ? [] : others) {
      if (left === 0 || !breakRequest(socket, 408)) continue
      left--
      this.#sockets.delete(socket)
      // Without waiting for the client, which could lose the answer.
      socket.once('finish', () => socket.destroy())
    }
    const isVain = idle.length === 0 && left === this.#batch
    this.#searchAt = now + (isVain ? searchMs : restFactor * (performance.now() - now))
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
