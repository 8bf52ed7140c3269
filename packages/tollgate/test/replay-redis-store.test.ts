import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { describe, expect, test } from 'vitest'
import { type Confirmation, type RedisClient, type ReservationAttempt, redisStore } from '../src/replay/index.ts'

/** Answers `SET … NX` and the `EVAL` of both scripts from a Map, and keeps the commands. */
function fakeServer() {
  const values = new Map<string, string>()
  const asked: string[][] = []
  function answer(command: string[]): unknown {
    asked.push(command)
    const [name, ...args] = command
    if (name === 'EVAL') {
      const [script = '', , key = '', value = '', , ownStart = '', replaceableEnd = ''] = args
      const held = values.get(key)
      if (script.includes("'DEL'")) return held?.startsWith(value) && values.delete(key) ? 1 : 0
      // As Redis answers a script that returns nothing.
      if (!script.includes("'SET'")) return null
      const isReplaceable = replaceableEnd !== '' && held?.endsWith(replaceableEnd)
      if (held !== undefined && !held.startsWith(ownStart) && !isReplaceable) return held
      values.set(key, value)
      return value
    }
    const [key = '', value = ''] = args
    if (values.has(key)) return null
    values.set(key, value)
    return 'OK'
  }
  return { values, asked, answer }
}

function attempt(leaseMs: number, token: string, kind = 'k'): ReservationAttempt {
  return { leaseMs, token, kind, isDoubtful: kind === 'unknown' }
}

function confirmation(ttlMs: number, token: string, kind = 'k'): Confirmation {
  return { ttlMs, token, kind, isDoubtful: kind === 'unknown' }
}

type Server = ReturnType<typeof fakeServer>

const dialects: Readonly<Record<string, (server: Server) => RedisClient>> = {
  'node-redis': ({ answer }) => {
    const client: RedisClient = {
      setEx: () => undefined,
      set: async (key, value, { NX, PX }) => answer(['SET', key, value, 'PX', String(PX), NX ? 'NX' : '']),
      eval: async (script, { keys, arguments: args }) =>
        answer(['EVAL', script, String(keys.length), ...keys, ...args]),
      // Takes the command first, unlike that of a cluster.
      sendCommand: async (command: string[]) => answer(command),
    }
    return client
  },
  // Its eval fails, because that of node-redis 4 asks a random node.
  'a cluster of node-redis': ({ answer }) => {
    const cluster = {
      setEx: () => undefined,
      set: async (key: string, value: string, { PX }: { PX: number }) =>
        answer(['SET', key, value, 'PX', String(PX), 'NX']),
      eval: () => Promise.reject(new Error('MOVED 1 127.0.0.1:7001')),
      nodeClient: () => undefined,
      sendCommand: async (firstKey: string, isReadonly: boolean, command: string[]) =>
        command.indexOf(firstKey) === 3 && !isReadonly ? answer(command) : undefined,
    }
    return cluster
  },
  ioredis: ({ answer }) => ({ call: async (...command: string[]) => answer(command) }),
  'a raw sendCommand': ({ answer }) => ({ sendCommand: async (command) => answer(command) }),
}

for (const [dialect, connect] of Object.entries(dialects))
  describe(`redisStore over ${dialect}`, () => {
    test('sends SET … PX … NX, and finds the key later', async () => {
      const server = fakeServer()
      const store = redisStore(connect(server))
      expect(await store.reserve('k', attempt(1500, 't1', 'message.inbound'))).toBe('reserved')
      expect(server.asked).toEqual([['SET', 'tollgate:replay:2:k', 't1 pending message.inbound', 'PX', '1500', 'NX']])
      expect(await store.reserve('k', attempt(1500, 't2', 'call.status'))).toBe('pending')
      expect(server.asked.at(-1)?.slice(2)).toEqual([
        '1',
        'tollgate:replay:2:k',
        't2 pending call.status',
        '1500',
        't2 ',
        ' doubtful',
      ])
    })

    test('confirms its own reservation or a free key, in one script, and no other reservation', async () => {
      const server = fakeServer()
      const store = redisStore(connect(server), { prefix: 'p:' })
      await store.reserve('k', attempt(1500, 't1'))
      await store.confirm('k', confirmation(9000, 't2'))
      expect([...server.values]).toEqual([['p:2:k', 't1 pending k']])
      await store.confirm('k', confirmation(9000, 't1', 'message.inbound'))
      expect(server.asked.at(-1)?.[0]).toBe('EVAL')
      expect(server.asked.at(-1)?.slice(2)).toEqual([
        '1',
        'p:2:k',
        't1 confirmed message.inbound',
        '9000',
        't1 ',
        ' doubtful',
      ])
      expect(await store.reserve('k', attempt(1500, 't3'))).toEqual({ seen: 'message.inbound' })
      server.values.clear()
      await store.confirm('k', confirmation(9000, 't1'))
      expect(await store.reserve('k', attempt(1500, 't3'))).toEqual({ seen: 'k' })
    })

    test('a doubtful delivery takes no key of another', async () => {
      const server = fakeServer()
      const store = redisStore(connect(server))
      await store.reserve('k', attempt(1500, 't1', 'unknown'))
      expect([...server.values.values()]).toEqual(['t1 pending unknown doubtful'])
      expect(await store.reserve('k', attempt(1500, 't2', 'unknown'))).toBe('pending')
      await store.confirm('k', confirmation(9000, 't1', 'unknown'))
      for (const command of server.asked.filter(([name]) => name === 'EVAL')) expect(command.at(-1)).toBe('')
      expect(await store.reserve('k', attempt(1500, 't3'))).toBe('reserved')
    })

    test('a value of something else is an error, and no replay', async () => {
      for (const value of ['', 't1', 't1 k', 't1 seen k', 't1 confirmed', '{"a": 1}']) {
        const server = fakeServer()
        server.values.set('tollgate:replay:2:k', value)
        const store = redisStore(connect(server))
        await expect(async () => store.reserve('k', attempt(1500, 't2'))).rejects.toThrow(
          new TypeError('A key holds a value of something else'),
        )
      }
    })

    test('releases only its own reservation, pending or confirmed, in one script', async () => {
      for (const isConfirmed of [false, true]) {
        const server = fakeServer()
        const store = redisStore(connect(server), { prefix: 'p:' })
        await store.reserve('k', attempt(1500, 't1'))
        if (isConfirmed) await store.confirm('k', confirmation(9000, 't1'))
        await store.release('k', 't2')
        expect(server.values.size).toBe(1)
        await store.release('k', 't1')
        expect(server.values.size).toBe(0)
        expect(server.asked.at(-1)?.[0]).toBe('EVAL')
        expect(server.asked.at(-1)?.[1]).toMatch(
          /call\('GET', KEYS\[1\]\) or '', 1, #ARGV\[1\]\) == ARGV\[1\] then return redis.call\('DEL', KEYS\[1\]\)/,
        )
        expect(server.asked.at(-1)?.slice(2)).toEqual(['1', 'p:2:k', 't1 '])
      }
    })

    test('a command that the client sent twice finds its own reservation', async () => {
      const server = fakeServer()
      server.values.set('tollgate:replay:2:k', 't1 pending k')
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
      await expect(async () => down.confirm('k', confirmation(1500, 't1'))).rejects.toThrow('down')
      await expect(async () => down.release('k', 't1')).rejects.toThrow('down')
    })

    test.each<[string, (reply: unknown) => unknown]>([
      ['undefined for the nil of Redis', (reply) => reply ?? undefined],
      ['Buffers', (reply) => (typeof reply === 'string' ? Buffer.from(reply) : reply)],
    ])('a client may return %s', async (_what, change) => {
      const server = fakeServer()
      const store = redisStore(connect({ ...server, answer: (command) => change(server.answer(command)) }))
      expect(await store.reserve('k', attempt(1500, 't1'))).toBe('reserved')
      expect(await store.reserve('k', attempt(1500, 't2'))).toBe('pending')
      await store.confirm('k', confirmation(1500, 't1'))
      expect(await store.reserve('k', attempt(1500, 't2'))).toEqual({ seen: 'k' })
    })

    test('a key that was released or that expired after SET is reserved, so that the retry is no replay', async () => {
      const server = fakeServer()
      server.values.set('tollgate:replay:2:k', 't1 pending k')
      const answer = (command: string[]) => {
        const reply = server.answer(command)
        if (command[0] === 'SET') server.values.clear()
        return reply
      }
      const store = redisStore(connect({ ...server, answer }))
      expect(await store.reserve('k', attempt(1500, 't2', 'message.inbound'))).toBe('reserved')
      expect([...server.values]).toEqual([['tollgate:replay:2:k', 't2 pending message.inbound']])
    })

    test('a client without replies is an error, and no replay', async () => {
      for (const nil of [null, undefined]) {
        const store = redisStore(connect({ ...fakeServer(), answer: () => nil }))
        await expect(async () => store.reserve('k', attempt(1500, 't1'))).rejects.toThrow(
          new TypeError('The Redis client gave no reply of EVAL'),
        )
        await expect(async () => store.confirm('k', confirmation(1500, 't1'))).rejects.toThrow(
          new TypeError('The Redis client gave no reply of EVAL'),
        )
      }
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
    { setEx: command, set: command, get: command },
    // node-redis 3
    { SET: command, set: command, get: command, eval: command, sendCommand: command, send_command: command },
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
