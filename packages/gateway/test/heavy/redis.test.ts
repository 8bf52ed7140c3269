import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type RedisServer, startRedis as startServer } from '../../../../tools/services/redis.mjs'
import { startCluster, startSentinel } from '../../../../tools/services/redis-groups.mjs'
import { loadConfiguration } from '../../src/config/load.ts'
import { createResources } from '../../src/config/resources.ts'
import { createObservedGateway } from '../../src/gateway.ts'
import { OwnEvents } from '../../src/own-events.ts'
import { authToken, listenOn, publicUrl, send, signMessage, startUpstream } from '../support.ts'

// In heavy/, because it needs Redis.

const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-redis-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written = 0

/** Starts a server that is stopped at the end of the test. */
async function startRedis(): Promise<RedisServer> {
  const redis = await startServer()
  onTestFinished(redis.stop)
  return redis
}

/** Starts a gateway with a Redis, and reloads it as the command does. */
async function start(upstream: string, redisUrl: string, settings = '') {
  const file = join(folder, `${written++}.yaml`)
  const problems: string[] = []
  const env = { TWILIO_AUTH_TOKEN: authToken, REDIS_URL: redisUrl }
  const events = new OwnEvents()
  const resources = createResources(env, (line) => problems.push(line), events)
  onTestFinished(() => resources.closeAll())
  const load = async (more: string) => {
    const replay = `{ store: redis, redisUrlEnv: REDIS_URL, whenRepeated: reject ${more} }`
    writeFileSync(file, `replay: ${replay}\nroutes: [{ upstream: '${upstream}', publicUrl: ${publicUrl} }]\n`)
    const { options } = await loadConfiguration(file, resources)
    return { ...options, log: 'silent', listen: { port: 0 }, admin: { port: 0 } } as const
  }
  const gateway = createObservedGateway(await load(settings), events)
  resources.closeUnused()
  const { url, adminUrl } = await gateway.listen()
  onTestFinished(() => gateway.close({ graceMs: 0 }))
  return {
    problems,
    deliver: async (number: number) => (await send(url, signMessage(number))).status,
    readMetrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
    async reload(redisUrl: string, more = '') {
      env.REDIS_URL = redisUrl
      await gateway.reload(await load(more))
      resources.closeUnused(5000)
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
  for (const socket of sockets) socket.destroy()
})

test('a cluster: as a single server it is an error at start; with its protocol it is used, also after a failover', async () => {
  const cluster = await startCluster()
  onTestFinished(cluster.stop)
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
  for (const { url } of cluster.servers) {
    const admin = await createClient({ url }).connect()
    await admin.configSet({ masterauth: 'a secret:word', requirepass: 'a secret:word' })
    admin.destroy()
  }
  await expect(start(upstream.url, `redis+cluster://${nodes}`)).rejects.toThrow('Redis wants a password')
  const second = await start(upstream.url, `redis+cluster://default:a%20secret:word@${nodes}`)
  for (let number = 200; number < 230; number++) expect(await second.deliver(number)).toBe(200)
}, 90_000)

test('sentinels: the primary is found, and the next one after a failover', async () => {
  const group = await startSentinel()
  onTestFinished(group.stop)
  const upstream = await startUpstream()
  const gateway = await start(upstream.url, `redis+sentinel://127.0.0.1:${group.port}/main`)
  expect(await gateway.deliver(1)).toBe(200)
  await expect.poll(() => gateway.deliver(1)).toBe(403)
  await group.failOver('ask')
  let number = 2
  await expect.poll(() => gateway.deliver(number++), { timeout: 10_000 }).toBe(200)
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
})

test('a server that is away at the start is used as soon as it is there', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  await redis.kill()
  const gateway = await start(upstream.url, redis.url)
  expect(await gateway.deliver(1)).toBe(503)
  await redis.restart()
  await expect.poll(() => gateway.deliver(1), { timeout: 10_000 }).toBe(200)
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
  const leased = () => start(upstream.url, redis.url, `, leaseSeconds: ${lease}`)
  const [one, other] = [await leased(), await leased()]
  const first = one.deliver(1)
  await expect.poll(() => arrivals).toEqual(['first'])
  expect(await other.deliver(1)).toBe(503)
  await lose(redis)
  await expect.poll(() => other.deliver(1), { timeout: 10_000 }).toBe(200)
  answer()
  expect(await first).toBe(200)
  for (const gateway of [one, other]) await expect.poll(() => gateway.deliver(1), { timeout: 10_000 }).toBe(403)
  expect(arrivals).toEqual(['first', 'first'])
})

test.each(['other settings of the guard', 'another server'])(
  'a reload with %s refuses no request, and a delivery that began before it can fail and come again',
  async (what) => {
    const [redis, second] = await Promise.all([startRedis(), startRedis()])
    let status = 500
    let answer: (() => void) | undefined
    const upstream = await startUpstream((_, res) => {
      answer = () => res.writeHead(status).end()
      if (status === 200) answer()
    })
    const gateway = await start(upstream.url, redis.url)
    const first = gateway.deliver(1)
    await expect.poll(() => answer).toBeDefined()
    const isSame = what === 'other settings of the guard'
    await gateway.reload(isSame ? redis.url : second.url, isSame ? ', ttlSeconds: 3600' : '')
    answer?.()
    expect(await first).toBe(500)
    status = 200
    expect(await Promise.all([2, 3, 4].map(gateway.deliver))).toEqual([200, 200, 200])
    expect(await gateway.deliver(1)).toBe(200)
    // Nothing is left on the first server that would refuse the delivery after a way back.
    await gateway.reload(redis.url)
    await expect.poll(() => gateway.deliver(1)).toBe(isSame ? 403 : 200)
  },
)

test('a connection on which nothing arrives any more is replaced', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  const sockets = new Set<Socket>()
  const dead = new Set<Socket>()
  // Like a firewall that forgets a connection: no byte passes, and neither side learns of it.
  const way = createServer((near) => {
    const far = connect(redis.port, '127.0.0.1')
    sockets.add(near).add(far)
    near.on('data', (bytes) => dead.has(near) || far.write(bytes)).on('error', () => undefined)
    far.on('data', (bytes) => dead.has(near) || near.write(bytes)).on('error', () => undefined)
  })
  const { port } = new URL(await listenOn(way))
  const gateway = await start(upstream.url, `redis://127.0.0.1:${port}`)
  expect(await gateway.deliver(1)).toBe(200)
  for (const socket of sockets) dead.add(socket)
  expect(await gateway.deliver(2)).toBe(503)
  await expect.poll(() => gateway.deliver(3), { timeout: 15_000 }).toBe(200)
  expect(gateway.problems).toEqual(['The replay store does not answer (silent)'])
  for (const socket of sockets) socket.destroy()
})

test('an error that Redis answers is reported once, without the password', async () => {
  const redis = await startRedis()
  const upstream = await startUpstream()
  const admin = await createClient({ url: redis.url }).connect()
  const gateway = await start(upstream.url, redis.url)
  await admin.configSet('maxmemory', '1')
  for (const number of [1, 2, 3]) expect(await gateway.deliver(number)).toBe(503)
  expect(gateway.problems).toEqual(['The replay store does not answer (OOM)'])
  await admin.configSet('maxmemory', '0')
  for (const number of [1, 2, 3]) expect(await gateway.deliver(number)).toBe(200)
  admin.destroy()
})
