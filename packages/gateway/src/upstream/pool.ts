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
  readonly origin: Origin
  readonly #onUnused: (() => void) | undefined
  /** How many routes use it. */
  holders = 0
  /**
   * In the order of their last use. They are used in turn, for balancers in front of several
   * servers.
   */
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()
  #sweeper: NodeJS.Timeout | undefined
  #closed: (() => void) | undefined

  readonly lookup: LookupFunction

  /**
   * @param onUnused called when all holders have released the pool
   * @param resolve finds the addresses of a name, as `dns.lookup` does
   */
  constructor(origin: string, onUnused?: () => void, resolve: LookupFunction = lookUp) {
    this.origin = parseOrigin(origin)
    this.#onUnused = onUnused
    this.lookup = rotate(resolve)
  }

  release(): void {
    this.holders--
    if (this.holders === 0) this.#onUnused?.()
  }

  /** Sends a request on an idle connection, or on a new one once it is open. */
  send(request: OutgoingRequest, handler: AnswerHandler): Connection {
    const connection = this.#take() ?? new Connection(this.origin, this, this.lookup)
    this.#open.add(connection)
    connection.send(request, handler)
    return connection
  }

  /** Closes all idle connections now, and each other one after its answer. */
  close(): Promise<void> {
    clearInterval(this.#sweeper)
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve
    })
    if (this.#open.size === 0) this.#closed?.()
    for (const connection of this.#idle) connection.abort()
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
    this.#sweeper ??= setInterval(() => {
      for (const idle of this.#idle) if (idle.usableUntil <= performance.now()) idle.abort()
    }, sweepMs).unref()
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
      if (connection === undefined || (!connection.socket.destroyed && connection.usableUntil > now)) return connection
      connection.abort()
    }
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

/** Pools by origin, so that a reload keeps the connections to an upstream that it still uses. */
export type Upstreams = ReturnType<typeof createUpstreams>

/** Creates an empty set of pools. Each closes when all its holders have released it. */
export function createUpstreams() {
  const pools = new Map<string, Pool>()
  const closing = new Set<Promise<void>>()
  return {
    /** Returns the pool of an origin and holds it for the caller. */
    open(origin: string): Pool {
      const onUnused = (): void => {
        pools.delete(origin)
        const closed = pool.close().finally(() => closing.delete(closed))
        closing.add(closed)
      }
      const pool: Pool = pools.get(origin) ?? new Pool(origin, onUnused)
      pools.set(origin, pool)
      pool.holders++
      return pool
    },
    /** Resolves when all released pools are closed. */
    async waitForClose(): Promise<void> {
      await Promise.all(closing)
    },
  }
}
