import { checkKnownOptions } from '../known-options.ts'
import { type RedisClient, toCommands } from './redis-client.ts'
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
