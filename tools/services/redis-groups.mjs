import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './free-port.mjs'
import { startRedis } from './redis.mjs'

/** @typedef {import('./redis.mjs').RedisServer} RedisServer */

/**
 * Several Redis servers that replicate. Its port is that of the sentinel, or of one node of the cluster. `failOver`
 * promotes a replica as soon as one is ready. `kill` does so without the consent of the primary, which crashes under a
 * sentinel and comes back without data.
 * @typedef {{ port: number, servers: readonly RedisServer[], findPrimary(): Promise<RedisServer>,
 *   failOver(how: 'ask' | 'kill'): Promise<void>, stop(): Promise<void> }} RedisGroup
 */

const limitMs = 60_000
/** A failover by hand that was refused, or gave up after its five seconds, is asked for again. */
const askAgainAfterMs = 6000

/**
 * Starts a primary, its replica and a sentinel, which promotes the replica when the primary is gone
 * for one and a half seconds.
 * @returns {Promise<RedisGroup>}
 */
export async function startSentinel() {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-sentinel-'))
  const primary = await startRedis()
  const replica = await startRedis({ replicaof: `127.0.0.1 ${primary.port}` })
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    `sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds main 1500
sentinel failover-timeout main 3000
sentinel resolve-hostnames no
`,
  )
  const sentinel = await startRedis({ sentinel: file, dir: folder })
  const servers = [primary, replica]
  const findPrimary = async () => {
    const reply = await ask(sentinel.port, 'SENTINEL get-master-addr-by-name main')
    const server = servers.find(({ port }) => reply.includes(`\r\n${port}\r\n`))
    if (server === undefined) throw new Error(`The sentinel knows no primary: ${reply}`)
    return server
  }
  const findReplica = async () => /** @type {typeof primary} */ (servers.find(isNot(await findPrimary())))
  const isReady = async () =>
    /master_link_status:up/.test(await ask((await findReplica()).port, 'INFO replication')) &&
    /flags\r\n\$\d+\r\nslave\r\n/.test(await ask(sentinel.port, 'SENTINEL replicas main'))
  await waitUntil(isReady, 'the replica')
  return {
    port: sentinel.port,
    servers,
    findPrimary,
    async failOver(how) {
      await waitUntil(isReady, 'the replica')
      const old = await findPrimary()
      const isPromoted = async () => (await findPrimary()) !== old
      if (how === 'ask') await askUntil(isPromoted, sentinel.port, 'SENTINEL FAILOVER main')
      else {
        await old.kill()
        await waitUntil(isPromoted, 'the new primary')
      }
      const next = await findPrimary()
      await waitUntil(async () => (await ask(next.port, 'ROLE')).includes('master'), 'its role')
      if (how === 'kill') await old.restart()
    },
    async stop() {
      await Promise.all([sentinel, ...servers].map((server) => server.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Starts a cluster of three primaries with one replica each.
 * @returns {Promise<RedisGroup>}
 */
export async function startCluster() {
  const nodes = []
  for (let index = 0; index < 6; index++) {
    const bus = await findFreePort()
    const settings = { 'cluster-enabled': 'yes', 'cluster-port': bus, 'cluster-node-timeout': 1000 }
    nodes.push({ bus, server: await startRedis(settings) })
  }
  const servers = nodes.map(({ server }) => server)
  const [first, ...others] = nodes
  if (first === undefined) throw new Error('no node')
  for (const { server, bus } of others) await ask(first.server.port, `CLUSTER MEET 127.0.0.1 ${server.port} ${bus}`)
  const [...primaries] = servers.slice(0, 3)
  for (const [index, { port }] of primaries.entries())
    await ask(port, `CLUSTER ADDSLOTSRANGE ${[0, 5461, 10923][index]} ${[5460, 10922, 16383][index]}`)
  for (const [index, { port }] of servers.slice(3).entries()) {
    const id = (await ask(/** @type {typeof first.server} */ (primaries[index]).port, 'CLUSTER MYID')).split('\r\n')[1]
    await waitUntil(async () => (await ask(port, `CLUSTER REPLICATE ${id}`)).startsWith('+OK'), 'the replica')
  }
  const isReady = async () => {
    for (const { port } of servers) {
      const known = await ask(port, 'CLUSTER NODES')
      if (!(await ask(port, 'CLUSTER INFO')).includes('cluster_state:ok')) return false
      if (known.split('\n').filter((line) => / (myself,)?slave [0-9a-f]{40} /.test(line)).length !== 3) return false
      if (known.includes('fail')) return false
      const role = await ask(port, 'INFO replication')
      if (role.includes('role:slave') && !role.includes('master_link_status:up')) return false
    }
    return true
  }
  await waitUntil(isReady, 'the cluster')
  const findByRole = async (/** @type {string} */ role) => {
    for (const server of servers)
      if ((await ask(server.port, 'INFO replication')).includes(`role:${role}`)) return server
    throw new Error(`no ${role}`)
  }
  return {
    port: first.server.port,
    servers,
    findPrimary: () => findByRole('master'),
    async failOver(how) {
      await waitUntil(isReady, 'the cluster')
      const replica = await findByRole('slave')
      const isPromoted = async () => (await ask(replica.port, 'ROLE')).includes('master')
      await askUntil(isPromoted, replica.port, `CLUSTER FAILOVER${how === 'kill' ? ' TAKEOVER' : ''}`)
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}

/** @template T @param {T} one @returns {(other: T) => boolean} */
function isNot(one) {
  return (other) => other !== one
}

/** @param {() => Promise<boolean>} isPromoted @param {number} port @param {string} command */
async function askUntil(isPromoted, port, command) {
  let askedAt = 0
  const check = async () => {
    if (await isPromoted()) return true
    if (Date.now() - askedAt < askAgainAfterMs) return false
    askedAt = Date.now()
    await ask(port, command)
    return false
  }
  await waitUntil(check, 'the new primary')
}

/** @param {() => Promise<boolean>} check @param {string} what */
async function waitUntil(check, what) {
  const deadline = Date.now() + limitMs
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${limitMs} ms`)
    await sleep(50)
  }
}

/**
 * Sends one command, and returns the reply as it arrives, all of it.
 * @param {number} port
 * @param {string} command
 * @returns {Promise<string>}
 */
function ask(port, command) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(`${command}\r\nQUIT\r\n`))
    let reply = ''
    socket.setTimeout(2000, () => socket.destroy(new Error(`no reply to ${command}`)))
    socket.on('data', (bytes) => {
      reply += bytes
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(reply))
  })
}
