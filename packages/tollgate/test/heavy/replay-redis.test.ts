import { once } from 'node:events'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../../../../conformance/kit/random.ts'
import { type RedisServer, startRedis } from '../../../../tools/services/redis.mjs'
import { type RedisGroup, startCluster, startSentinel } from '../../../../tools/services/redis-groups.mjs'
import { createVerifier, type IncomingRequest, type Verdict } from '../../src/index.ts'
import {
  memoryStore,
  type RedisClient,
  type ReplayGuardOptions,
  redisStore,
  replayGuard,
} from '../../src/replay/index.ts'
import { sampleWebhook, signRequest } from '../../src/testing/index.ts'

// In heavy/, because it needs Redis.

const publicUrl = 'https://example.com'
const authToken = '0123456789abcdef0123456789abcdef'
let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
}, 300_000)
afterAll(() => redis?.stop())

const isNew = 'accepted, delivery first'
let deliveries = 0

/** Returns a message that no other test sends. */
function newMessage(): IncomingRequest {
  const MessageSid = `SM${String(++deliveries).padStart(32, '0')}`
  const signed = signRequest({
    url: `${publicUrl}/sms`,
    authToken,
    ...sampleWebhook('message.inbound', { MessageSid }),
  })
  const { method, headers, body } = signed
  return { method, url: '/sms', headers, body }
}

function createGuarded(client: RedisClient, options: Partial<ReplayGuardOptions> = {}) {
  const replay = replayGuard({ store: redisStore(client), whenRepeated: 'reject', ...options })
  const verifier = createVerifier({ publicUrl, authToken, replay })
  return async (request: IncomingRequest) => describeVerdict(await verifier.verify(request))
}

function describeVerdict(verdict: Verdict): string {
  return verdict.ok ? `accepted, delivery ${verdict.delivery}` : verdict.code
}

function count(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** Sends new messages until one is accepted. */
async function recover(deliver: (request: IncomingRequest) => Promise<string>): Promise<IncomingRequest> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const message = newMessage()
    const outcome = await deliver(message)
    if (outcome === 'accepted, delivery first') return message
    if (Date.now() > deadline) throw new Error(`no recovery, still ${outcome}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface Connection {
  readonly client: RedisClient
  command(...command: string[]): Promise<unknown>
  close(): void
}

const libraries: Readonly<Record<string, () => Promise<Connection>>> = {
  'node-redis': async () => {
    const client = createClient({ url: redis.url, socket: { reconnectStrategy: 50 } })
    client.on('error', () => undefined)
    await client.connect()
    return { client, command: (...command) => client.sendCommand(command), close: () => client.destroy() }
  },
  ioredis: async () => {
    const client = new Redis(redis.url, { retryStrategy: () => 50 })
    client.on('error', () => undefined)
    await once(client, 'ready')
    return {
      client,
      command: (name = '', ...args) => client.call(name, ...args),
      close: () => client.disconnect(),
    }
  },
}

for (const [library, connect] of Object.entries(libraries))
  describe(`a real Redis through ${library}`, () => {
    let connection: Connection

    beforeAll(async () => {
      connection = await connect()
    })
    afterAll(() => connection?.close())

    test('keys expire, hold no readable data, and can be reserved again', async () => {
      await connection.command('FLUSHALL')
      const deliver = createGuarded(connection.client, { ttlSeconds: 1 })
      const message = newMessage()
      expect(await deliver(message)).toBe('accepted, delivery first')
      const [key = '', ...others] = (await connection.command('KEYS', '*')) as string[]
      expect(others).toEqual([])
      expect(key).toMatch(/^tollgate:replay:2:[0-9a-f]{64}$/)
      expect(await connection.command('GET', key)).toMatch(/^[A-Za-z0-9+/]{20}\.\d{1,3} confirmed message\.inbound$/)
      const ttl = Number(await connection.command('PTTL', key))
      expect(ttl).toBeGreaterThan(0)
      expect(ttl).toBeLessThanOrEqual(1000)
      expect(await deliver(message)).toBe('replayed')
      await new Promise((resolve) => setTimeout(resolve, ttl + 50))
      expect(await connection.command('EXISTS', key)).toBe(0)
      expect(await deliver(message)).toBe('accepted, delivery first')
    })

    test('with a slow server the time limit holds, and the retry passes', async () => {
      const message = newMessage()
      const deliver = createGuarded(connection.client, { storeTimeoutMs: 200 })
      const lenient = createGuarded(connection.client, { storeTimeoutMs: 200, whenStoreFails: 'accept' })
      await connection.command('CLIENT', 'PAUSE', '2000', 'ALL')
      const start = performance.now()
      expect(await Promise.all([deliver(message), lenient(newMessage())])).toEqual([
        'replay_store_failed',
        'accepted, delivery unknown',
      ])
      const took = performance.now() - start
      expect(took).toBeGreaterThan(190)
      // Before the server goes on.
      expect(took).toBeLessThan(1900)
      console.log(`${library}, server paused for 2,000 ms: answered after ${took.toFixed(0)} ms of 200`)
      await recover(deliver)
      expect(await deliver(message)).toBe('accepted, delivery first')
    })

    test('a server that stands still lets no retry be a replay of a delivery that was never handled', async () => {
      for (const whenRepeated of ['mark', 'reject'] as const)
        for (const reportsOutcome of [true, false]) {
          const deliver = createGuarded(connection.client, { whenRepeated, storeTimeoutMs: 100 })
          const messages = Array.from({ length: 30 }, () => ({ ...newMessage(), reportsOutcome }))
          const deliverAll = () => Promise.all(messages.map(deliver))
          redis.pause()
          expect(count(await deliverAll())).toEqual({ replay_store_failed: 30 })
          const retries = deliverAll()
          redis.resume()
          // The server reserves for the first attempt, then answers the retry, and then releases.
          const outcomes = await retries
          for (const [index, message] of messages.entries()) {
            let outcome = outcomes[index]
            while (outcome === 'replay_pending' || outcome === 'replay_store_failed') outcome = await deliver(message)
            expect(outcome).toBe(isNew)
          }
        }
    })

    test('its scripts do what the memory store does, in any order of steps', async () => {
      const random = createRandom(6)
      const inRedis = redisStore(connection.client, { prefix: `${library}:` })
      for (let round = 0; round < 150; round++) {
        const key = `key ${round}`
        const clock = { time: 0 }
        const inMemory = memoryStore({ now: () => clock.time })
        const trace: string[] = []
        for (let step = 0; step < 8; step++) {
          const index = random.below(3)
          const described = { token: `t${index}`, kind: `kind ${index}`.replace(' ', '-'), isDoubtful: index === 2 }
          const name = random.pick(['reserve', 'reserve', 'confirm', 'release', 'expire'] as const)
          trace.push(`${name} ${index}`)
          if (name === 'reserve') {
            // A token is new for each attempt.
            const attempt = { ...described, token: `${described.token}.${step}`, leaseMs: 60_000 }
            expect(await inRedis.reserve(key, attempt), trace.join()).toEqual(inMemory.reserve(key, attempt))
          } else if (name === 'expire') {
            clock.time += 60_000
            await connection.command('DEL', `${library}:2:${key}`)
          } else {
            const token = `t${index}.${random.below(step + 1)}`
            for (const store of [inRedis, inMemory])
              if (name === 'release') await store.release(key, token)
              else await store.confirm(key, { ...described, token, ttlMs: 60_000 })
          }
        }
      }
    })

    test('while the server is down deliveries are refused, and they pass again after its restart', async () => {
      const deliver = createGuarded(connection.client, { storeTimeoutMs: 300 })
      const lenient = createGuarded(connection.client, { storeTimeoutMs: 300, whenStoreFails: 'accept' })
      const outcomes: string[] = []
      const [before, meanwhile] = [newMessage(), newMessage()]
      outcomes.push(await deliver(before), await deliver(before))
      await redis.kill()
      outcomes.push(...(await Promise.all([deliver(meanwhile), deliver(newMessage()), lenient(newMessage())])))
      await redis.restart()
      const after = await recover(deliver)
      outcomes.push(await deliver(after), await deliver(meanwhile), await deliver(meanwhile))
      console.log(`${library}, server killed and restarted: ${outcomes.join('; ')}`)
      expect(outcomes).toEqual([
        'accepted, delivery first',
        'replayed',
        'replay_store_failed',
        'replay_store_failed',
        'accepted, delivery unknown',
        'replayed',
        'accepted, delivery first',
        'replayed',
      ])
    })
  })

const host = '127.0.0.1'
type GroupClient = RedisClient & {
  connect(): Promise<unknown>
  on(name: 'error', listener: () => void): unknown
} & ({ disconnect(): unknown } | { destroy(): unknown })

const groups: Readonly<
  Record<string, { start(): Promise<RedisGroup>; clients: Readonly<Record<string, (port: number) => GroupClient>> }>
> = {
  sentinel: {
    start: startSentinel,
    clients: {
      'node-redis': (port) =>
        createSentinel({ name: 'main', sentinelRootNodes: [{ host, port }], scanInterval: 500 }) as GroupClient,
      ioredis: (port) =>
        new Redis({ sentinels: [{ host, port }], name: 'main', sentinelRetryStrategy: () => 100, lazyConnect: true }),
    },
  },
  cluster: {
    start: startCluster,
    clients: {
      'node-redis': (port) => createCluster({ rootNodes: [{ socket: { host, port } }] }) as GroupClient,
      ioredis: (port) => new Cluster([{ host, port }], { lazyConnect: true }),
    },
  },
}

describe.each(Object.entries(groups))('several servers, a %s', (_topology, { start, clients }) => {
  let group: RedisGroup
  beforeAll(async () => {
    group = await start()
  }, 300_000)
  afterAll(() => group?.stop())

  test.each(Object.entries(clients))(
    '%s: each delivery is accepted once, and is known after a failover',
    async (_library, create) => {
      const client = create(group.port)
      client.on('error', () => undefined)
      await client.connect()
      onTestFinished(() => void ('disconnect' in client ? client.disconnect() : client.destroy()))
      const deliver = createGuarded(client)
      const messages = Array.from({ length: 30 }, newMessage)
      const deliverAll = () => Promise.all(messages.map(deliver))
      expect(count(await deliverAll())).toEqual({ [isNew]: 30 })
      expect(count(await deliverAll())).toEqual({ replayed: 30 })
      await group.failOver('ask')
      await recover(deliver)
      for (const message of messages) {
        let outcome = await deliver(message)
        for (let tries = 0; outcome === 'replay_store_failed' && tries < 50; tries++) outcome = await deliver(message)
        expect(outcome).toBe('replayed')
      }
      // A primary that crashes may forget the last deliveries.
      await group.failOver('kill')
      await recover(deliver)
    },
    300_000,
  )
})
