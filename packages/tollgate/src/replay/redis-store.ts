import { hasMethod, readOptions } from '../checks/options.ts'
import type { Confirmation, ReplayStore } from './store.ts'

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** The text before every key. Default `'tollgate:replay:'`. */
  readonly prefix?: string | undefined
}

/** The options of `redisStore`. */
export const redisStoreOptions = {
  prefix: { type: 'string', default: 'tollgate:replay:' },
} as const

// The version of the values, a part of each key: instances of two versions can use one server.
const version = '2:'

// The end of the value of a doubtful delivery.
const doubtfulEnd = ' doubtful'

// Writes a value unless another delivery holds the key, and returns the value that the key then
// has. ARGV: the value, its lifetime, the token with a space, and the end of a value that may be
// replaced. It is one script, because between two commands a key can expire and a retry can reserve
// it. It also goes to the primary where a client reads from replicas.
const writeScript = `local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[3]) ~= ARGV[3] and (ARGV[4] == '' or string.sub(held, -#ARGV[4]) ~= ARGV[4]) then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`

// GET returns false if there is no key, so the script needs `or ''`.
const releaseScript = `if string.sub(redis.call('GET', KEYS[1]) or '', 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/**
 * Creates a store in Redis or Valkey, for any number of processes. It uses `SET … NX PX` and
 * `EVAL`, whose scripts use `GET`, `SET` and `DEL`. Each delivery has one key that expires: a hash,
 * with a random token, the state and the kind of webhook. The caller connects the client and
 * handles its `error` events.
 *
 * The server must not evict keys (`maxmemory-policy noeviction`), because a delivery whose key was
 * evicted can be replayed.
 * @param client A client of node-redis (4 or later) or ioredis, or a wrapper with `sendCommand`.
 * @param options The prefix of the keys, if applications that share a server need different ones.
 * @returns a store for `replayGuard`
 * @throws TypeError if the client has none of these shapes, or if an option is unknown or wrong.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): ReplayStore {
  const { prefix } = readOptions(options, redisStoreOptions, 'redisStore')
  const commands = toCommands(client)
  const toKey = (key: string): string => prefix + version + key

  /** Runs the script that writes a value, and returns the value that the key then has. */
  async function write(key: string, value: string, ms: number, { token, isDoubtful }: Written): Promise<string> {
    const values = [value, String(ms), `${token} `, isDoubtful ? '' : doubtfulEnd]
    const held = readText(await commands.run(writeScript, toKey(key), values))
    // Clients in legacy mode return nothing for every command. Each delivery would look like a
    // replay.
    if (held === undefined) throw new TypeError('The Redis client gave no reply of EVAL')
    return held
  }

  return {
    async reserve(key, attempt) {
      const { leaseMs } = attempt
      const value = toValue('pending', attempt)
      const reply = readText(await commands.setIfAbsent(toKey(key), value, leaseMs))
      if (reply === 'OK') return 'reserved'
      if (reply !== undefined) throw new TypeError('The Redis client gave no reply of SET … NX')
      // The key may be free by now, or may be taken. After a lost connection, a client sends the
      // command again and finds its own reservation.
      const held = await write(key, value, leaseMs, attempt)
      if (held === value) return 'reserved'
      const [, state, seen] = held.split(' ')
      if (state === 'pending') return 'pending'
      if (state !== 'confirmed' || seen === undefined) throw new TypeError('A key holds a value of something else')
      return { seen }
    },
    async confirm(key, confirmation) {
      await write(key, toValue('confirmed', confirmation), confirmation.ttlMs, confirmation)
    },
    async release(key, token) {
      await commands.run(releaseScript, toKey(key), [`${token} `])
    },
  }
}

type Written = Omit<Confirmation, 'ttlMs'>

/** Writes everything into one value, so that one atomic step keeps it. */
function toValue(state: 'pending' | 'confirmed', { token, kind, isDoubtful }: Written): string {
  return `${token} ${state} ${kind}${isDoubtful ? doubtfulEnd : ''}`
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
   * other options. It is never called.
   * @param args Not used.
   */
  setEx(...args: never[]): unknown
  /**
   * @param key The key, with the prefix.
   * @param value The token, the state and the kind of webhook.
   * @param options `NX`: only if there is no such key. `PX`: its lifetime in milliseconds.
   */
  set(key: string, value: string, options: { NX: true; PX: number }): PromiseLike<unknown>
  /**
   * @param script A Lua script that reads and writes one key.
   * @param options The key, and the arguments of the script.
   */
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>
}

/** The part of ioredis and its forks that is used: of a client or a cluster. */
export interface CallClient {
  /** @param command The name of a command, and its arguments. */
  call(...command: [name: string, ...args: string[]]): PromiseLike<unknown>
}

/**
 * A wrapper for any other client:
 * `redisStore({ sendCommand: ([name, ...args]) => client.send(name, args) })`.
 */
export interface CommandClient {
  /** @param command The name of a command, and its arguments. */
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
