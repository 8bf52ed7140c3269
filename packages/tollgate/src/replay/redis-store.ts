import { checkKnownOptions, hasMethod } from '../checks/options.ts'
import type { ReplayStore } from './store.ts'

export interface RedisStoreOptions {
  /** Put before every key. Default `'tollgate:replay:'`. */
  readonly prefix?: string | undefined
}

const known: Readonly<Record<keyof RedisStoreOptions, true>> = { prefix: true }

/**
 * In one step: between a GET and a DEL the key may expire, and a retry reserve it again. `or ''`: GET gives false where there is no
 * key.
 */
const releaseScript = `if string.sub(redis.call('GET', KEYS[1]) or '', 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/**
 * Remembers deliveries in Redis or Valkey, for any number of processes. It uses `SET … NX PX`, `GET` and `EVAL`, and holds per delivery
 * one key that expires: a hash, with a random token and the kind of webhook. Connecting, and handling the client's `error` events, is yours.
 *
 * Let the server evict nothing (`maxmemory-policy noeviction`): a key that is evicted is a replay that passes.
 * @throws TypeError for a client of another shape or an unknown option.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): ReplayStore {
  checkKnownOptions(options, known, 'redisStore')
  const { prefix = 'tollgate:replay:' } = options
  if (typeof prefix !== 'string') throw new TypeError(`"prefix" must be a string, got ${typeof prefix}`)
  const commands = toCommands(client)
  return {
    async reserve(key, { ttlMs, token, kind }) {
      // One value, so that the kind is kept in the same atomic step.
      const reply = readText(await commands.setIfAbsent(prefix + key, `${token} ${kind}`, ttlMs))
      if (reply === 'OK') return 'reserved'
      if (reply !== undefined) throw new TypeError('The Redis client gave no reply of SET … NX')
      const [holder, seen] = readText(await commands.get(prefix + key))?.split(' ') ?? []
      // A client that lost its connection sends the command again, and then meets its own reservation.
      return holder === token ? 'reserved' : { seen: seen ?? 'unknown' }
    },
    async release(key, token) {
      await commands.run(releaseScript, prefix + key, `${token} `)
    },
  }
}

/** Clients may be set to give Buffers, and may give `undefined` for the nil of Redis. */
function readText(reply: unknown): string | undefined {
  return reply === null || reply === undefined ? undefined : String(reply)
}

/** node-redis from version 4: a client, a pool, a cluster or a sentinel. */
export interface NodeRedisClient {
  /** node-redis alone has its commands in upper case as well, which tells it from clients whose options differ. */
  SET(...args: never[]): unknown
  set(key: string, value: string, options: { NX: true; PX: number }): PromiseLike<unknown>
  get(key: string): PromiseLike<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>
}

/** ioredis and its forks: a client or a cluster. */
export interface CallClient {
  call(...command: [name: string, ...args: string[]]): PromiseLike<unknown>
}

/** Anything else, wrapped: `redisStore({ sendCommand: ([name, ...args]) => client.send(name, args) })`. */
export interface CommandClient {
  sendCommand(command: string[]): PromiseLike<unknown>
}

export type RedisClient = NodeRedisClient | CallClient | CommandClient

/** The three commands that the store needs, in the client's dialect. */
export interface RedisCommands {
  /** `SET key value NX PX ttlMs`. */
  setIfAbsent(key: string, value: string, ttlMs: number): PromiseLike<unknown>
  get(key: string): PromiseLike<unknown>
  /** `EVAL script 1 key value`. */
  run(script: string, key: string, value: string): PromiseLike<unknown>
}

/**
 * Tells the client's dialect by its methods. To guess wrong would be worse than to refuse: a client that ignores an `NX` it does not
 * understand finds no replay, ever.
 */
function toCommands(client: RedisClient): RedisCommands {
  // A function, too, has a "call".
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
  return ['SET', 'set', 'get', 'eval'].every((method) => hasMethod(client, method))
}

function isCommandClient(client: RedisClient): client is CommandClient {
  return hasMethod(client, 'sendCommand')
}

function speakNodeRedis(client: NodeRedisClient): RedisCommands {
  return {
    setIfAbsent: (key, value, ttlMs) => client.set(key, value, { NX: true, PX: ttlMs }),
    get: (key) => client.get(key),
    run: (script, key, value) => client.eval(script, { keys: [key], arguments: [value] }),
  }
}

function speakRaw(send: (command: [name: string, ...args: string[]]) => PromiseLike<unknown>): RedisCommands {
  return {
    setIfAbsent: (key, value, ttlMs) => send(['SET', key, value, 'PX', String(ttlMs), 'NX']),
    get: (key) => send(['GET', key]),
    run: (script, key, value) => send(['EVAL', script, '1', key, value]),
  }
}
