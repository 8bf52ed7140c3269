import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../../../../tools/services/redis.mjs'
import { startCluster, startSentinel } from '../../../../tools/services/redis-groups.mjs'
import { loadConfiguration } from '../../src/config/load.ts'
import { createResources } from '../../src/config/resources.ts'
import { createObservedGateway } from '../../src/gateway.ts'
import { OwnEvents } from '../../src/own-events.ts'
import { authToken, listenOn, send, signMessage, startUpstream } from '../support.ts'

// In heavy/, because it needs Redis.

const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-redis-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written = 0

async function start(upstream: string, url: string, leaseSeconds = 30) {
  const file = join(folder, `${written++}.yaml`)
  writeFileSync(
    file,
    `replay: { store: redis, redisUrlEnv: REDIS_URL, whenRepeated: reject, leaseSeconds: ${leaseSeconds} }
routes: [{ upstream: '${upstream}', publicUrl: 'https://api.example.com' }]
`,
  )
  const problems: string[] = []
  const env = { TWILIO_AUTH_TOKEN: authToken, REDIS_URL: url }
  const events = new OwnEvents()
  const resources = createResources(env, (line) => problems.push(line), events)
  const { options } = await loadConfiguration(file, resources)
  const own = { log: 'silent', listen: { port: 0 }, admin: { port: 0 } } as const
  const gateway = createObservedGateway({ ...options, ...own }, events)
  const { url: address, adminUrl } = await gateway.listen()
  return {
    problems,
    deliver: async (number: number) => (await send(address, signMessage(number))).status,
    readMetrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
    async close() {
      await gateway.close({ graceMs: 0 })
      await resources.closeAll()
    },
  }
}

test('a demoted primary behind the same address: requests pass again within ten seconds', async () => {
  const [one, two] = await Promise.all([startRedis(), startRedis()])
  const upstream = await startUpstream()
  // Like a name or a balancer that leads to the new primary: only new connections get there.
  let primary = one
  const sockets = new Set<Socket>()
  const way = createServer((near) => {
    const far = connect(primary.port, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
    near.pipe(far).pipe(near)
  })
  const { port } = new URL(await listenOn(way))
  const gateway = await start(upstream.url, `redis://127.0.0.1:${port}`)
  expect(await gateway.deliver(1)).toBe(200)
  const admin = await createClient({ url: one.url }).connect()
  // Before the demotion: the probe of the store can notice it at once.
  expect(await gateway.readMetrics()).toContain('tollgate_redis_up{kind="server"} 1')
  await admin.sendCommand(['REPLICAOF', '127.0.0.1', String(two.port)])
  expect(await gateway.deliver(2)).toBe(503)
  expect(await gateway.readMetrics()).toMatch(/tollgate_redis_command_duration_seconds_count\{result="failed"\} [1-9]/)
  primary = two
  let number = 3
  await expect.poll(() => gateway.deliver(number++), { timeout: 10_000, interval: 200 }).toBe(200)
  expect(await gateway.readMetrics()).toContain('tollgate_redis_up{kind="server"} 1')
  expect(gateway.problems).toEqual(['The replay store does not answer (READONLY)'])
  admin.destroy()
  await gateway.close()
  for (const socket of sockets) socket.destroy()
  way.close()
  await Promise.all([upstream.close(), one.stop(), two.stop()])
})

test('a cluster: as a single server it is an error at start; with its protocol it is used, also after a failover', async () => {
  const cluster = await startCluster()
  const upstream = await startUpstream()
  await expect(start(upstream.url, `redis://127.0.0.1:${cluster.port}`)).rejects.toThrow(
    'replay: this server is a node of a cluster. Begin the URL with redis+cluster://',
  )
  const nodes = cluster.servers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const gateway = await start(upstream.url, `redis+cluster://${nodes}`)
  for (let number = 0; number < 30; number++) expect(await gateway.deliver(number)).toBe(200)
  await expect.poll(() => gateway.deliver(0)).toBe(403)
  await cluster.failOver('ask')
  for (let number = 100; number < 130; number++)
    await expect.poll(() => gateway.deliver(number), { timeout: 10_000 }).toBe(200)
  await gateway.close()
  for (const { url } of cluster.servers) {
    const admin = await createClient({ url }).connect()
    await admin.configSet({ masterauth: 'a secret:word', requirepass: 'a secret:word' })
    admin.destroy()
  }
  await expect(start(upstream.url, `redis+cluster://${nodes}`)).rejects.toThrow('Redis wants a password')
  const second = await start(upstream.url, `redis+cluster://default:a%20secret:word@${nodes}`)
  for (let number = 200; number < 230; number++) expect(await second.deliver(number)).toBe(200)
  await second.close()
  await Promise.all([upstream.close(), cluster.stop()])
}, 90_000)

test('sentinels: the primary is found, and the next one after a failover', async () => {
  const group = await startSentinel()
  const upstream = await startUpstream()
  const gateway = await start(upstream.url, `redis+sentinel://127.0.0.1:${group.port}/main`)
  expect(await gateway.deliver(1)).toBe(200)
  await expect.poll(() => gateway.deliver(1)).toBe(403)
  await group.failOver('ask')
  let number = 2
  await expect.poll(() => gateway.deliver(number++), { timeout: 10_000 }).toBe(200)
  await gateway.close()
  await Promise.all([upstream.close(), group.stop()])
}, 90_000)

test.each<[string, string[][], string, RegExp]>([
  ['a password that is missing', [['CONFIG', 'SET', 'requirepass', 'secret-word']], '', /Redis wants a password/],
  [
    'a wrong password',
    [['CONFIG', 'SET', 'requirepass', 'secret-word']],
    'default:wrong-word@',
    /refuses the user name/,
  ],
  [
    'a user without EVAL',
    [['ACL', 'SETUSER', 'poor', 'on', '>secret-word', '~*', '+@all', '-eval']],
    'poor:secret-word@',
    /may not use SET, GET, DEL and EVAL/,
  ],
])('%s is an error at start', async (_what, commands, user, message) => {
  const redis = await startRedis()
  const admin = await createClient({ url: redis.url }).connect()
  for (const command of commands) await admin.sendCommand(command)
  const failed = await start('http://127.0.0.1:1', `redis://${user}127.0.0.1:${redis.port}`).catch(String)
  expect(failed).toMatch(message)
  expect(failed).not.toMatch(/-word/)
  admin.destroy()
  await redis.stop()
})

test('a server that is away at the start is used as soon as it is there', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  await redis.kill()
  const gateway = await start(upstream.url, redis.url)
  expect(await gateway.deliver(1)).toBe(503)
  await redis.restart()
  await expect.poll(() => gateway.deliver(1), { timeout: 10_000 }).toBe(200)
  await gateway.close()
  await Promise.all([upstream.close(), redis.stop()])
})

test.each([
  'http://h',
  'redis+cluster://',
  'redis+sentinel://h:1',
  'redis+cluster://h:x',
  'redis+other://h',
  'redis+cluster://%@h',
])('the URL %s is an error', async (url) => {
  await expect(start('http://127.0.0.1:1', url)).rejects.toThrow('the URL of Redis')
})

// Nothing can prevent these: the key of the first is gone before its work has ended.
test.each<[string, number, (redis: Awaited<ReturnType<typeof startRedis>>) => unknown]>([
  ['Redis loses its data', 30, (redis) => redis.restart()],
  ['the lease ends', 1, () => undefined],
])('%s during the work: another copy is the first too, and each later one is refused', async (_what, lease, lose) => {
  const redis = await startRedis()
  const arrivals: unknown[] = []
  let answer = (): unknown => undefined
  const upstream = await startUpstream((req, res) => {
    arrivals.push(req.headers['tollgate-delivery'])
    if (arrivals.length === 1) answer = () => res.end()
    else res.end()
  })
  const [one, other] = [await start(upstream.url, redis.url, lease), await start(upstream.url, redis.url, lease)]
  const first = one.deliver(1)
  await expect.poll(() => arrivals).toEqual(['first'])
  expect(await other.deliver(1)).toBe(503)
  await lose(redis)
  await expect.poll(() => other.deliver(1), { timeout: 10_000 }).toBe(200)
  answer()
  expect(await first).toBe(200)
  for (const gateway of [one, other]) await expect.poll(() => gateway.deliver(1), { timeout: 10_000 }).toBe(403)
  expect(arrivals).toEqual(['first', 'first'])
  for (const gateway of [one, other]) await gateway.close()
  await Promise.all([upstream.close(), redis.stop()])
})
