import { hasMethod, readOptions } from '../checks/options.ts'
import type { ReplayStore } from './store.ts'

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** The text before every key. Default `'tollgate:replay:'`. */
  readonly prefix?: string | undefined
}

const known: Readonly<Record<keyof RedisStoreOptions, true>> = { prefix: true }

// One script, because between a GET and a DEL the key may expire and a retry may reserve it again.
// GET returns false if there is no key, so the script needs `or ''`.
const releaseScript = `if string.sub(redis.call('GET', KEYS[1]) or '', 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

// Runs after SET … NX found a key. The other instance may have released the key since, and then this
// attempt reserves it. A script also goes to the primary where a client reads from replicas.
const readOrReserveScript = `local value = redis.call('GET', KEYS[1]) if value then return value end redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return ARGV[1]`

/**
 * Creates a store in Redis or Valkey, for any number of processes. It uses `SET … NX PX` and
 * `EVAL`, whose scripts use `GET`, `SET` and `DEL`. Each delivery has one key that expires: a hash, with a random token and the kind of
 * webhook. The caller connects the client and handles its `error` events.
 *
 * The server must not evict keys (`maxmemory-policy noeviction`), because a delivery whose key was
 * evicted can be replayed.
 * @param client A client of node-redis (4 or later) or ioredis, or a wrapper with `sendCommand`.
 * @returns a store for `replayGuard`
 * @throws TypeError if the client has none of these shapes, or if an option is unknown or wrong.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): ReplayStore {
  const { prefix = 'tollgate:replay:' } = readOptions(options, known, 'redisStore')
  if (typeof prefix !== 'string') throw new TypeError(`"prefix" must be a string, got ${typeof prefix}`)
  const commands = toCommands(client)
  return {
    async reserve(key, { ttlMs, token, kind }) {
      // Token and kind are one value, so that one atomic step keeps both.
      const value = `${token} ${kind}`
      const reply = readText(await commands.setIfAbsent(prefix + key, value, ttlMs))
      if (reply === 'OK') return 'reserved'
      if (reply !== undefined) throw new TypeError('The Redis client gave no reply of SET … NX')
      const held = readText(await commands.run(readOrReserveScript, prefix + key, [value, String(ttlMs)]))
      // Clients in legacy mode return nothing for every command. Each delivery would look like a replay.
      if (held === undefined) throw new TypeError('The Redis client gave no reply of EVAL')
      const [holder, seen = 'unknown'] = held.split(' ')
      // After a lost connection, a client sends the command again and finds its own reservation.
      return holder === token ? 'reserved' : { seen }
    },
    async release(key, token) {
      await commands.run(releaseScript, prefix + key, [`${token} `])
    },
  }
}

/** Clients can be configured to return Buffers. Some return `undefined` for the nil of Redis. */
function readText(reply: unknown): string | undefined {
  return reply === null || reply === undefined ? undefined : String(reply)
}

/**
 * The part of node-redis (4 or later) that is used: of a client, a pool, a cluster or a sentinel.
 */
export interface NodeRedisClient {
  /**
   * Only node-redis 4 and later has its commands in camel case. This separates it from clients with
   * other options.
   */
  setEx(...args: never[]): unknown
  set(key: string, value: string, options: { NX: true; PX: number }): PromiseLike<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>
}

/** The part of ioredis and its forks that is used: of a client or a cluster. */
export interface CallClient {
  call(...command: [name: string, ...args: string[]]): PromiseLike<unknown>
}

/**
 * A wrapper for any other client:
 * `redisStore({ sendCommand: ([name, ...args]) => client.send(name, args) })`.
 */
export interface CommandClient {
  sendCommand(command: string[]): PromiseLike<unknown>
}

/** A client that `redisStore` accepts. */
export type RedisClient = NodeRedisClient | CallClient | CommandClient

/** The two commands that the store needs. */
interface RedisCommands {
  /** `SET key value NX PX ttlMs`. */
  setIfAbsent(key: string, value: string, ttlMs: number): PromiseLike<unknown>
  /** `EVAL script 1 key …values`. */
  run(script: string, key: string, values: string[]): PromiseLike<unknown>
}

/**
 * Recognises a client by its methods. An unknown client is refused, because one that ignores `NX`
 * would never find a replay.
 * @throws TypeError for an unknown client.
 */
function toCommands(client: RedisClient): RedisCommands {
  // A function is refused, because it has a method `call` too.
  if (typeof client === 'object') {
    if (isCallClient(client)) return speakRaw((command) => client.call(...command))
    if (isNodeRedis(client)) return speakNodeRedis(client)
    if (isCommandClient(client)) return speakRaw((command) => client.sendCommand(command))
  }
  throw new TypeError(
    'redisStore needs a client of node-redis (4 or later) or ioredis, or an object with a method "sendCommand" that takes ' +
      'a command as one array of strings and gives a promise of the reply',
  )
}

function isCallClient(client: RedisClient): client is CallClient {
  return hasMethod(client, 'call')
}

function isNodeRedis(client: RedisClient): client is NodeRedisClient {
  return ['setEx', 'set', 'eval'].every((method) => hasMethod(client, method))
}

function isCommandClient(client: RedisClient): client is CommandClient {
  // The method of node-redis 3 has this name too, and takes other arguments.
  return hasMethod(client, 'sendCommand') && !hasMethod(client, 'send_command')
}

/** A cluster of node-redis. */
interface NodeRedisCluster {
  nodeClient(...args: never[]): unknown
  sendCommand(firstKey: string, isReadonly: boolean, command: string[]): PromiseLike<unknown>
}

function speakNodeRedis(client: NodeRedisClient): RedisCommands {
  return {
    setIfAbsent: (key, value, ttlMs) => client.set(key, value, { NX: true, PX: ttlMs }),
    run: isCluster(client)
      ? // `eval` of a cluster of node-redis 4 asks a random node, and gives up after some of them.
        (script, key, values) => client.sendCommand(key, false, ['EVAL', script, '1', key, ...values])
      : (script, key, values) => client.eval(script, { keys: [key], arguments: values }),
  }
}

function isCluster(client: NodeRedisClient): client is NodeRedisClient & NodeRedisCluster {
  return hasMethod(client, 'nodeClient') && hasMethod(client, 'sendCommand')
}

function speakRaw(send: (command: [name: string, ...args: string[]]) => PromiseLike<unknown>): RedisCommands {
  return {
    setIfAbsent: (key, value, ttlMs) => send(['SET', key, value, 'PX', String(ttlMs), 'NX']),
    run: (script, key, values) => send(['EVAL', script, '1', key, ...values]),
  }
}
