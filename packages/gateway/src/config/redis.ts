import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, createCluster, createSentinel } from '@redis/client'
import { redisStore } from 'tollgate/replay'
import type { OwnEvents } from '../own-events.ts'

const connectMs = 3000
const watchMs = 1000
/** After this many pings without an answer, the connection is given up. */
const maxSilentPings = 5
const reportMs = 10_000
const closeMs = 500
const repeatMs = 60_000

/** A client of a server, of a cluster, or of what sentinels know. */
interface Client {
  /** Older clients of clusters and sentinels lack it. */
  readonly isReady?: boolean
  on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): unknown
}

/** One way to reach Redis. */
interface Connection {
  readonly client: Client
  /** @param key a key of the command: in a cluster, it chooses the node */
  send(key: string, command: string[]): Promise<unknown>
  /** Resolves when each server that is written to has answered. */
  ping(): Promise<unknown>
}

const socket = {
  connectTimeout: connectMs,
  reconnectStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, 2000),
}
// A reservation that waited for a connection would be made after its request ended.
const disableOfflineQueue = true

function listNodeOptions({ credentials, tls }: RedisUrl) {
  return { ...credentials, disableOfflineQueue, socket: { ...socket, tls } }
}

/** The connections by what follows `+` in the protocol of the URL. */
const connections: Readonly<Record<RedisUrl['kind'], (url: RedisUrl) => Connection>> = {
  server({ urls }) {
    // The client writes the address into the options of the socket, so they are copied.
    const client = createClient({ url: urls[0] ?? '', disableOfflineQueue, socket: { ...socket } })
    return { client, send: (_key, command) => client.sendCommand(command), ping: () => client.ping() }
  },
  cluster(url) {
    const client = createCluster({ rootNodes: url.urls.map((node) => ({ url: node })), defaults: listNodeOptions(url) })
    return {
      client,
      send: (key, command) => client.sendCommand(key, false, command),
      // The client replaces a node that fails. Only one that is silent needs a new client.
      ping: () => Promise.allSettled(client.masters.map(async (node) => (await client.nodeClient(node)).ping())),
    }
  },
  sentinel(url) {
    const client = createSentinel({
      name: url.name,
      sentinelRootNodes: url.urls.map((sentinel) => {
        const { hostname, port } = new URL(sentinel)
        return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 26_379) }
      }),
      nodeClientOptions: listNodeOptions(url),
      sentinelClientOptions: { socket: { ...socket, tls: url.tls } },
      passthroughClientErrorEvents: true,
    })
    const send = (command: string[]): Promise<unknown> => client.sendCommand(false, command)
    return { client, send: (_key, command) => send(command), ping: () => send(['PING']) }
  },
}

/** A URL of the configuration. */
interface RedisUrl {
  readonly kind: 'server' | 'cluster' | 'sentinel'
  /** Of the server, the nodes or the sentinels. */
  readonly urls: readonly string[]
  readonly credentials: { readonly username?: string; readonly password?: string }
  readonly tls: boolean
  /** The name of the primary, which the sentinels know. */
  readonly name: string
}

/**
 * Reads the URL of a server, a cluster or sentinels.
 * @throws TypeError without the URL, which may contain a password
 */
export function parseRedisUrl(text: string): RedisUrl {
  const form = /^redis(s?)\+(cluster|sentinel):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^/?#]*))?$/.exec(text)
  if (form === null) {
    if (/^rediss?:\/\//.test(text) && URL.canParse(text))
      return { kind: 'server', urls: [text], credentials: {}, tls: false, name: '' }
    throw new TypeError(
      'the URL of Redis must be redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/NAME',
    )
  }
  const [, secure = '', kind, user = '', hosts = '', path = ''] = form
  const urls = hosts.split(',').map((host) => `redis${secure}://${host}`)
  // Without a host, the client would connect to this machine.
  if (!urls.every((url) => URL.canParse(url) && new URL(url).hostname !== ''))
    throw new TypeError('the URL of Redis has a host that cannot be read')
  if (kind === 'cluster' && !/^0?$/.test(path))
    throw new TypeError('the URL of Redis has a path, but a cluster has no other database than 0')
  if (kind === 'sentinel' && path === '')
    throw new TypeError('the URL of Redis needs the name of the primary: redis+sentinel://host:port/NAME')
  const [username = '', password = ''] = user.split(/:(.*)/s).map(decode)
  return {
    kind: kind as RedisUrl['kind'],
    urls,
    credentials: { ...(username !== '' && { username }), ...(password !== '' && { password }) },
    tls: secure !== '',
    name: decode(path),
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError('the URL of Redis is not percent-encoded')
  }
}

// Errors that mean that another server is the primary now, or that this one is not ready. The
// client keeps such a connection, and each request would be refused. A new one follows a name or a
// balancer.
const wrongServer = new Set(['READONLY', 'LOADING', 'MASTERDOWN'])

/** Errors of Redis that only another configuration ends. */
const misconfigured: ReadonlyMap<string, string> = new Map([
  ['MOVED', 'this server is a node of a cluster. Begin the URL with redis+cluster://'],
  ['NOAUTH', 'Redis wants a password'],
  ['WRONGPASS', 'Redis refuses the user name or the password'],
  ['NOPERM', 'the user may not use SET, GET, DEL and EVAL on the keys tollgate:replay:*'],
])

// A server that holds a third of the keys of a cluster has all of these with a probability of 1 to
// 40,000,000.
const testKeys = 16

/**
 * Connects to Redis in the background, and again after each loss. Without a connection reservations
 * fail, and the guard's `whenStoreFails` decides.
 * @param onProblem gets one message per minute and reason
 * @param events gets the state and the commands
 * @throws TypeError if the URL cannot be read
 */
export function openRedisStore(url: string, onProblem: (message: string) => void, events: OwnEvents) {
  const parsed = parseRedisUrl(url)
  const reportedAt = new Map<string, number>()
  const waiting = new EventEmitter<{ ready: []; error: [TypeError] }>().setMaxListeners(0)
  let silentPings: number
  let openedAt: number
  let hasConnected: boolean
  let isClosed = false

  function report(reason: string): void {
    const now = performance.now()
    if (now - (reportedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < repeatMs) return
    reportedAt.set(reason, now)
    onProblem(`The replay store does not answer (${reason})`)
  }

  function connect(): Connection {
    openedAt = performance.now()
    hasConnected = false
    silentPings = 0
    const opened = connections[parsed.kind](parsed)
    // A connection that was given up may still end, or even be ready.
    const isCurrent = (): boolean => opened === connection && !isClosed
    const onError = (error: unknown): void => {
      if (!isCurrent()) return
      const code = readCode(error) ?? 'error'
      report(code)
      showState(false)
      const reason = misconfigured.get(code)
      if (reason !== undefined && waiting.listenerCount('error') > 0) waiting.emit('error', new TypeError(reason))
    }
    const onReady = (): void => {
      if (!isCurrent()) return
      hasConnected = true
      silentPings = 0
      showState(true)
      waiting.emit('ready')
    }
    opened.client.on('error', onError)
    opened.client.on('ready', onReady)
    // The client of a cluster has no event `ready`.
    opened.client.connect().then(onReady, (error: unknown) => {
      onError(error)
      // The client has given up.
      if (isCurrent()) silentPings = maxSilentPings
    })
    return opened
  }

  const isReady = (): boolean => hasConnected && connection.client.isReady !== false

  function showState(isUp: boolean): void {
    events.redisUp.set(parsed.kind, isUp)
  }

  function reconnect(): void {
    const old = connection
    connection = connect()
    destroy(old).catch(() => undefined)
  }

  let connection = connect()
  // If the way to Redis breaks, or its address moves to another server, no packet ends the old
  // connection. Linux would send on it for a quarter of an hour, and each request would be refused.
  const watch = setInterval(() => {
    if (++silentPings > maxSilentPings) {
      // Without a connection, its error was reported already.
      if (isReady()) report('silent')
      showState(false)
      reconnect()
    } else if (isReady())
      connection.ping().then(
        () => {
          silentPings = 0
        },
        () => undefined,
      )
  }, watchMs).unref()

  /** @throws TypeError if Redis answers meanwhile that the configuration is wrong */
  async function waitForConnection(ms: number): Promise<void> {
    if (isReady()) return
    const stop = new AbortController()
    await Promise.race([once(waiting, 'ready', stop), sleep(ms, undefined, stop)]).finally(() => stop.abort())
  }

  async function send(command: string[]): Promise<unknown> {
    // The report of an outcome may wait: without a confirmation, a replay passes after the lease.
    if (command[0] === 'EVAL') await waitForConnection(reportMs)
    const used = connection
    const startedAt = performance.now()
    const note = (isUp: boolean): void => {
      events.emit('redisCommand', isUp ? 'answered' : 'failed', (performance.now() - startedAt) / 1000)
      showState(isUp)
    }
    try {
      // The key of SET, and that of EVAL after its script and the number of keys.
      const reply = await used.send(command[command[0] === 'EVAL' ? 3 : 1] ?? '', command)
      note(true)
      return reply
    } catch (error) {
      note(false)
      const code = readCode(error)
      if (code !== undefined) report(code)
      const isTooSoon = performance.now() - openedAt < watchMs
      if (code !== undefined && wrongServer.has(code) && used === connection && !isTooSoon) reconnect()
      throw error
    }
  }

  const store = redisStore({ sendCommand: send })

  /** Without it, a server that refuses each reservation would look ready. */
  async function writeTests(): Promise<void> {
    const token = randomBytes(9).toString('base64url')
    const attempt = { token, kind: 'unknown', isDoubtful: false, leaseMs: connectMs }
    const writeTest = async (): Promise<void> => {
      const key = randomBytes(32).toString('hex')
      await store.reserve(key, attempt)
      await store.release(key, token)
    }
    try {
      await Promise.all(Array.from({ length: testKeys }, writeTest))
    } catch (error) {
      const reason = misconfigured.get(readCode(error) ?? '')
      if (reason !== undefined) throw new TypeError(reason)
    }
  }

  return {
    store,
    /**
     * Resolves when Redis has kept a test delivery, and otherwise after three seconds.
     * @throws TypeError if Redis answers that the configuration is wrong
     */
    connected: waitForConnection(connectMs).then(() =>
      Promise.race([writeTests(), sleep(connectMs, undefined, { ref: false })]),
    ),
    async close(): Promise<void> {
      isClosed = true
      clearInterval(watch)
      // Commands that were sent are still answered, such as the release of the last delivery.
      if (isReady()) await Promise.race([connection.client.close(), sleep(closeMs, undefined, { ref: false })])
      await destroy(connection).catch(() => undefined)
    },
  }
}

/** Some clients throw if they are closed already. */
async function destroy(connection: Connection): Promise<void> {
  await connection.client.destroy()
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
