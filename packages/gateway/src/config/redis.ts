import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { type ReplayStore, redisStore } from 'tollgate/replay'

/** A replay store in Redis, and its connection. */
interface OpenRedisStore {
  readonly store: ReplayStore
  /** Resolves when Redis has answered, or after three seconds without an answer. */
  readonly connected: Promise<void>
  close(): Promise<void>
}

const connectMs = 3000
const watchMs = 1000
/** After this many pings without an answer, the connection is given up. */
const maxSilentPings = 5
const reportMs = 10_000
const closeMs = 500
const repeatMs = 60_000

/**
 * Connects to Redis in the background, and again after each loss. Without a connection reservations
 * fail, and the guard's `whenStoreFails` decides.
 * @param onProblem gets one message per minute and reason
 */
export function openRedisStore(url: string, onProblem: (message: string) => void): OpenRedisStore {
  const reportedAt = new Map<string, number>()
  const waiting = new Set<() => void>()
  let silentPings = 0

  function report(reason: string): void {
    const now = performance.now()
    if (now - (reportedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < repeatMs) return
    reportedAt.set(reason, now)
    onProblem(`The replay store does not answer (${reason})`)
  }

  function connect() {
    const opened = createClient({
      url,
      // A reservation that waited for a connection would be made after its request ended.
      disableOfflineQueue: true,
      socket: { connectTimeout: connectMs, reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2000) },
    })
    opened.on('error', (error: unknown) => report(readCode(error) ?? 'error'))
    opened.on('ready', () => {
      silentPings = 0
      reportedAt.clear()
      for (const proceed of waiting) proceed()
    })
    opened.connect().catch(() => undefined)
    return opened
  }

  let client = connect()
  // If the way to Redis breaks, or its address moves to another server, no packet ends the old
  // connection. Linux would send on it for a quarter of an hour, and each request would be refused.
  const watch = setInterval(() => {
    if (++silentPings > maxSilentPings) {
      // Without a connection, its error was reported already.
      if (client.isReady) report('silent')
      silentPings = 0
      client.destroy()
      client = connect()
    } else if (client.isReady)
      client.ping().then(
        () => {
          silentPings = 0
        },
        () => undefined,
      )
  }, watchMs).unref()

  function waitForConnection(ms: number): Promise<void> {
    if (client.isReady) return Promise.resolve()
    return new Promise((resolve) => {
      const proceed = (): void => {
        clearTimeout(timer)
        waiting.delete(proceed)
        resolve()
      }
      const timer = setTimeout(proceed, ms)
      waiting.add(proceed)
    })
  }

  return {
    store: redisStore({
      async sendCommand(command) {
        // The report of an outcome may wait: without a confirmation, a replay passes after the lease.
        if (command[0] === 'EVAL') await waitForConnection(reportMs)
        try {
          return await client.sendCommand(command)
        } catch (error) {
          const code = readCode(error)
          if (code !== undefined) report(code)
          throw error
        }
      },
    }),
    connected: waitForConnection(connectMs),
    async close() {
      clearInterval(watch)
      // Commands that were sent are still answered, such as the release of the last delivery.
      if (client.isReady) await Promise.race([client.close(), sleep(closeMs, undefined, { ref: false })])
      client.destroy()
    },
  }
}

/**
 * Returns the code of an error of Node.js, or the first word of an error of Redis, such as `OOM`,
 * `READONLY` or `WRONGPASS`. The rest of a message can contain the password.
 */
function readCode(error: unknown): string | undefined {
  const { code, message }: { code?: unknown; message?: unknown } = Object(error)
  if (typeof code === 'string') return code
  return /^[A-Z]{2,}(?= )/.exec(String(message))?.[0]
}
