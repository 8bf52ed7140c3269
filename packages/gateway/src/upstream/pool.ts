import {
  type AnswerHandler,
  Connection,
  type ConnectionOwner,
  type Origin,
  type OutgoingRequest,
} from './connection.ts'

/** Idle connections are left before upstreams leave them: Node.js servers do so after 5 s. */
const idleMs = 4000
const maxIdleMs = 60_000

/** What an upstream says is cut by this, for the time that bytes are on their way. */
const marginMs = 1000

const sweepMs = 1000

/** Kept connections to one upstream: as many as there are requests at a time. */
export class Pool implements ConnectionOwner {
  readonly #origin: Origin
  readonly #connectTimeoutMs: number
  /** The one used last is used first, so that the others may go. */
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()
  #sweeper: NodeJS.Timeout | undefined
  #closed: (() => void) | undefined

  constructor(origin: string, connectTimeoutMs: number) {
    const { hostname, port, protocol } = new URL(origin)
    const isTls = protocol === 'https:'
    this.#origin = { isTls, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isTls ? 443 : 80)) }
    this.#connectTimeoutMs = connectTimeoutMs
  }

  /** Sends at once, or as soon as a new connection is there. */
  send(request: OutgoingRequest, handler: AnswerHandler): Connection {
    const connection = this.#take() ?? this.#connect()
    connection.send(request, handler)
    return connection
  }

  /** To be called when no request is under way, and none will come. */
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
    const ms = keptSeconds === undefined ? idleMs : Math.min(keptSeconds * 1000 - marginMs, maxIdleMs)
    if (ms <= 0 || this.#closed !== undefined) {
      connection.abort()
      return
    }
    connection.usableUntil = performance.now() + ms
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
      const connection = this.#idle.pop()
      if (connection === undefined || (connection.isUsable && connection.usableUntil > now)) return connection
      connection.abort()
    }
  }

  #connect(): Connection {
    const connection = new Connection(this.#origin, this.#connectTimeoutMs, this)
    this.#open.add(connection)
    return connection
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#idle) if (connection.usableUntil <= now) connection.abort()
  }
}
