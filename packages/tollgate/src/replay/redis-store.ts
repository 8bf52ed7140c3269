import { checkKnownOptions } from '../known-options.ts'
import { type RedisClient, toCommands } from './redis-client.ts'
import type { ReplayStore } from './store.ts'

export interface RedisStoreOptions {
  /** Put before every key. Default `'tollgate:replay:'`. */
  readonly prefix?: string | undefined
}

const known: Readonly<Record<keyof RedisStoreOptions, true>> = { prefix: true }

/** In one step: between a GET and a DEL the claim may expire, and the key be claimed anew by a retry. */
const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/**
 * Remembers deliveries in Redis or Valkey, for any number of processes. It uses `SET … NX PX`, `GET` and `EVAL`, and holds per delivery
 * one key that expires: a hash, with a random value. Connecting, and handling the client's `error` events, is yours.
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
    async claim(key, ttlMs, token) {
      const reply = await commands.setIfAbsent(prefix + key, token, ttlMs)
      if (isText(reply, 'OK')) return 'claimed'
      if (reply !== null && reply !== undefined) throw new TypeError('The Redis client gave no reply of SET … NX')
      // A client that lost its connection sends the command again, and then meets its own claim.
      return isText(await commands.get(prefix + key), token) ? 'claimed' : 'seen'
    },
    async release(key, token) {
      await commands.run(releaseScript, prefix + key, token)
    },
  }
}

/** Clients may be set to give Buffers. */
function isText(reply: unknown, text: string): boolean {
  return reply !== null && reply !== undefined && String(reply) === text
}
