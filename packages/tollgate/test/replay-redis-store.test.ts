import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { describe, expect, test } from 'vitest'
import { type RedisClient, type ReservationAttempt, redisStore } from '../src/replay/index.ts'

/** Answers `SET … NX`, `GET` and the `EVAL` of a release from a Map, and keeps the commands. */
function fakeServer() {
  const values = new Map<string, string>()
  const asked: string[][] = []
  function answer(command: string[]): unknown {
    asked.push(command)
    const [name, ...args] = command
    if (name === 'GET') return values.get(args[0] ?? '') ?? null
    if (name === 'EVAL')
      return values.get(args[2] ?? '')?.startsWith(args[3] ?? '') && values.delete(args[2] ?? '') ? 1 : 0
    const [key = '', value = ''] = args
    if (values.has(key)) return null
    values.set(key, value)
    return 'OK'
  }
  return { values, asked, answer }
}

function attempt(ttlMs: number, token: string, kind = 'k'): ReservationAttempt {
  return { ttlMs, token, kind }
}

type Server = ReturnType<typeof fakeServer>

const dialects: Readonly<Record<string, (server: Server) => RedisClient>> = {
  'node-redis': ({ answer }) => ({
    SET: () => undefined,
    set: async (key, value, { NX, PX }) => answer(['SET', key, value, 'PX', String(PX), NX ? 'NX' : '']),
    get: async (key) => answer(['GET', key]),
    eval: async (script, { keys, arguments: args }) => answer(['EVAL', script, String(keys.length), ...keys, ...args]),
  }),
  ioredis: ({ answer }) => ({ call: async (...command: string[]) => answer(command) }),
  'a raw sendCommand': ({ answer }) => ({ sendCommand: async (command) => answer(command) }),
}

for (const [dialect, connect] of Object.entries(dialects))
  describe(`redisStore over ${dialect}`, () => {
    test('sends SET … PX … NX, and finds the key later', async () => {
      const server = fakeServer()
      const store = redisStore(connect(server))
      expect(await store.reserve('k', attempt(1500, 't1'))).toBe('reserved')
      expect(server.asked).toEqual([['SET', 'tollgate:replay:k', 't1 k', 'PX', '1500', 'NX']])
      expect(await store.reserve('k', attempt(1500, 't2'))).toEqual({ seen: 'k' })
    })

    test('keeps the kind of the first attempt in the value', async () => {
      const store = redisStore(connect(fakeServer()))
      await store.reserve('k', attempt(1500, 't1', 'message.inbound'))
      expect(await store.reserve('k', attempt(1500, 't2', 'unknown'))).toEqual({ seen: 'message.inbound' })
    })

    test('releases only its own reservation, in one script', async () => {
      const server = fakeServer()
      const store = redisStore(connect(server), { prefix: 'p:' })
      await store.reserve('k', attempt(1500, 't1'))
      await store.release('k', 't2')
      expect(server.values.size).toBe(1)
      await store.release('k', 't1')
      expect(server.values.size).toBe(0)
      expect(server.asked.at(-1)?.[0]).toBe('EVAL')
      expect(server.asked.at(-1)?.[1]).toMatch(
        /call\('GET', KEYS\[1\]\) or '', 1, #ARGV\[1\]\) == ARGV\[1\] then return redis.call\('DEL', KEYS\[1\]\)/,
      )
      expect(server.asked.at(-1)?.slice(2)).toEqual(['1', 'p:k', 't1 '])
    })

    test('a command that the client sent twice finds its own reservation', async () => {
      const server = fakeServer()
      server.values.set('tollgate:replay:k', 't1 k')
      expect(await redisStore(connect(server)).reserve('k', attempt(1500, 't1'))).toBe('reserved')
    })

    test('an error or an impossible reply of SET is thrown', async () => {
      const store = redisStore(connect({ ...fakeServer(), answer: () => 'QUEUED' }))
      await expect(async () => store.reserve('k', attempt(1500, 't1'))).rejects.toThrow(
        new TypeError('The Redis client gave no reply of SET … NX'),
      )
      const down = redisStore(
        connect({
          ...fakeServer(),
          answer() {
            throw new Error('down')
          },
        }),
      )
      await expect(async () => down.reserve('k', attempt(1500, 't1'))).rejects.toThrow('down')
      await expect(async () => down.release('k', 't1')).rejects.toThrow('down')
    })

    test('a client may return undefined for the nil of Redis', async () => {
      const server = fakeServer()
      const store = redisStore(connect({ ...server, answer: (command) => server.answer(command) ?? undefined }))
      expect(await store.reserve('k', attempt(1500, 't1'))).toBe('reserved')
      expect(await store.reserve('k', attempt(1500, 't2'))).toEqual({ seen: 'k' })
    })

    test('a key that expired between the two commands counts as seen, with any token', async () => {
      for (const nil of [null, undefined]) {
        const store = redisStore(connect({ ...fakeServer(), answer: () => nil }))
        expect(await store.reserve('k', attempt(1500, String(nil)))).toEqual({ seen: 'unknown' })
      }
    })

    test('replies may be Buffers', async () => {
      const server = fakeServer()
      const toBuffer = (reply: unknown) => (typeof reply === 'string' ? Buffer.from(reply) : reply)
      const store = redisStore(connect({ ...server, answer: (command) => toBuffer(server.answer(command)) }))
      expect(await store.reserve('k', attempt(1500, 't1'))).toBe('reserved')
      expect(await store.reserve('k', attempt(1500, 't2'))).toEqual({ seen: 'k' })
    })
  })

test('every kind of client of both libraries is accepted, by its type and at run time', () => {
  const lazy = { lazyConnect: true }
  const clients = [
    createClient(),
    createClientPool(),
    createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] }),
    createSentinel({ name: 'primary', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
    new Redis(lazy),
    new Cluster([{ host: '127.0.0.1', port: 1 }], lazy),
  ]
  for (const client of clients) expect(() => redisStore(client)).not.toThrow()
})

test('other clients are refused, because one that ignores NX would find no replay', () => {
  const command = () => Promise.resolve('OK')
  const others: unknown[] = [
    undefined,
    null,
    'redis://localhost',
    {},
    command,
    { set: command, get: command, eval: command },
    { set: command, get: command, eval: command, send: command },
    { SET: command, set: command, get: command },
  ]
  const message =
    'redisStore needs a client of node-redis (4 or later) or ioredis, or an object with a method "sendCommand" that takes ' +
    'a command as one array of strings and gives a promise of the reply'
  for (const other of others) expect(() => redisStore(other as RedisClient)).toThrow(new TypeError(message))
  expect(() => redisStore({ sendCommand: command }, { prefix: 1 as unknown as string })).toThrow('"prefix"')
  expect(() => redisStore({ sendCommand: command }, { Prefix: 'a' } as object)).toThrow(
    'of redisStore. Did you mean "prefix"',
  )
})
