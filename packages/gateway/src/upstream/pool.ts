import { lookup as lookUp } from 'node:dns'
import type { LookupFunction } from 'node:net'
import {
  type AnswerHandler,
  Connection,
  type ConnectionOwner,
  type Origin,
  type OutgoingRequest,
  parseOrigin,
} from './connection.ts'

/** Shorter than the idle limit of Node.js servers (5 s), so that the gateway closes first. */
const idleMs = 4000

/** Subtracted from the time in `Keep-Alive`, because bytes take time to arrive. */
const marginMs = 1000

const sweepMs = 1000

/**
 * A balancer chooses a server for each connection. With these limits, all its servers get requests,
 * and one that it no longer uses gets none after ten seconds.
 */
const maxAgeMs = 10_000
const maxRequests = 200

/** The connections to one upstream: as many as there are requests at the same time. */
export class Pool implements ConnectionOwner {
  readonly #origin: Origin
  readonly #connectTimeoutMs: number
  /**
   * In the order of their last use. They are used in turn, for balancers in front of several
   * servers.
   */
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()
  #sweeper: NodeJS.Timeout | undefined
  #closed: (() => void) | undefined

  readonly lookup: LookupFunction

  /** @param resolve finds the addresses of a name, as `dns.lookup` does */
  constructor(origin: string, connectTimeoutMs: number, resolve: LookupFunction = lookUp) {
    this.#origin = parseOrigin(origin)
    this.lookup = rotate(resolve)
    this.#connectTimeoutMs = connectTimeoutMs
  }

  /** Sends a request on an idle connection, or on a new one once it is open. */
  send(request: OutgoingRequest, handler: AnswerHandler): Connection {
    const connection = this.#take() ?? this.#connect()
    connection.send(request, handler)
    return connection
  }

  /**
   * Closes all connections. Must be called when no request is in flight and no other will follow.
   */
  close(): Promise<void> {
    clearInterval(this.#sweeper)
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve
    })
    if (this.#open.size === 0) this.#closed?.()
    for (const connection of this.#open) connection.abort()
    return closed
  }

  onIdle(connection: Connection, keptSeconds: number | undefined): void {
    const ms = keptSeconds === undefined ? idleMs : keptSeconds * 1000 - marginMs
    const now = performance.now()
    connection.usableUntil = Math.min(now + ms, connection.openedAt + maxAgeMs)
    if (connection.usableUntil <= now || connection.served >= maxRequests || this.#closed !== undefined) {
      connection.abort()
      return
    }
    this.#idle.push(connection)
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref()
  }

  onClose(connection: Connection): void {
    this.#open.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index !== -1) this.#idle.splice(index, 1)
    if (this.#open.size === 0) this.#closed?.()
  }

  #take(): Connection | undefined {
    const now = performance.now()
    for (;;) {
      const connection = this.#idle.shift()
      if (connection === undefined || (connection.isUsable && connection.usableUntil > now)) return connection
      connection.abort()
    }
  }

  #connect(): Connection {
    const connection = new Connection(this.#origin, this.#connectTimeoutMs, this, this.lookup)
    this.#open.add(connection)
    return connection
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#idle) if (connection.usableUntil <= now) connection.abort()
  }
}

/** Returns the addresses of a name so that each connection begins with the next one. */
function rotate(resolve: LookupFunction): LookupFunction {
  let turn = 0
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null || typeof found === 'string') return callback(error, found)
      const first = turn++ % found.length
      callback(null, [...found.slice(first), ...found.slice(0, first)])
    })
  }
}

/** The pool of one upstream. It closes when all its holders have released it. */
export interface Upstream extends Pick<Pool, 'send' | 'lookup'> {
  hold(): void
  release(): void
}

/** Pools by origin, so that a reload keeps the connections to an upstream that it still uses. */
export interface Upstreams {
  /** Returns the pool of an origin and holds it for the caller. */
  open(origin: string): Upstream
  /** Resolves when all released pools are closed. */
  waitForClose(): Promise<void>
}

/** Creates an empty set of pools. */
export function createUpstreams(connectTimeoutMs: number): Upstreams {
  const open = new Map<string, Upstream>()
  const closing = new Set<Promise<void>>()

  function create(origin: string): Upstream {
    const pool = new Pool(origin, connectTimeoutMs)
    let holders = 0
    return {
      lookup: pool.lookup,
      send: (request, handler) => pool.send(request, handler),
      hold() {
        holders++
      },
      release() {
        holders--
        if (holders > 0) return
        open.delete(origin)
        const closed: Promise<void> = pool.close().finally(() => closing.delete(closed))
        closing.add(closed)
      },
    }
  }

  return {
    open(origin) {
      const known = open.get(origin) ?? create(origin)
      open.set(origin, known)
      known.hold()
      return known
    },
    async waitForClose() {
      await Promise.all(closing)
    },
  }
}
