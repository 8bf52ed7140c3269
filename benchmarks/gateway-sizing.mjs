// Measures what a gateway needs, for the table of sizes in docs/operations.md: the CPU time and the
// memory of the command as it is shipped, with its log, in front of an upstream with almost no
// cost; and the memory of key files. CPU time depends little on other load, so the number of
// requests per second comes from it. With `--write` the table goes into the page.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../tools/services/free-port.mjs'
import { startRedis } from '../tools/services/redis.mjs'
import { makeFolder } from '../tools/services/run-server.mjs'
import { authToken, median, publicUrl, signPost, startProgram, startUpstream } from './gateway/bench.mjs'
import { readCpuTime } from './gateway/cpu-time.mjs'
import { measureMemory } from './gateway/memory.mjs'
import { runWrk } from './gateway/wrk.mjs'

const rounds = Number(process.env.ROUNDS ?? 5)
const seconds = Number(process.env.SECONDS ?? 5)
const connections = Number(process.env.CONNECTIONS ?? 32)
/** More than a round can send, so that each delivery is the first. */
const deliveries = 4000 * seconds

const bin = fileURLToPath(new URL('../packages/cli/dist/bin.js', import.meta.url))
const folder = makeFolder('sizing')
const accountSid = `AC${'0'.repeat(32)}`
const numbers = Array.from({ length: deliveries }, (_, index) => index.toString(16).padStart(32, '0'))
const genuine = numbers.map((number) =>
  signPost({ AccountSid: accountSid, MessageSid: `SM${number}`, SmsMessageSid: `SM${number}`, SmsSid: `SM${number}` }),
)
const forged = { ...signPost(), body: `${signPost().body}&Body=forged` }

/** @param {string} more lines of the configuration */
async function start(more) {
  const [port, admin] = [await findFreePort(), await findFreePort()]
  const file = join(folder, `gateway-${port}.yaml`)
  const route = `{ upstream: 'http://127.0.0.1:${upstream.port}', publicUrl: ${publicUrl} }`
  const addresses = `listen: 127.0.0.1:${port}\nadmin: 127.0.0.1:${admin}\n`
  writeFileSync(file, `${addresses}${more}\nroutes: [${route}]\n`)
  const gateway = await startProgram([bin, 'gateway', '--config', file], port, 0, 'ignore')
  return { ...gateway, pid: gateway.pid ?? 0 }
}

/**
 * Measures one set-up. Each round has a new process, so that no delivery was seen before.
 * @param {string} what
 * @param {() => Promise<string>} configure
 * @param {import('./gateway/wrk.mjs').Post | readonly import('./gateway/wrk.mjs').Post[]} post
 */
async function measureRequests(what, configure, post) {
  const found = []
  for (let round = 0; round < rounds; round++) {
    const gateway = await start(await configure())
    const url = `http://127.0.0.1:${gateway.port}/sms`
    // Until the engine has compiled the hot code.
    await runWrk({ folder, url, post: forged, connections, seconds: 2 })
    await runWrk({ folder, url, post: signPost(), connections, seconds: 2 })
    const before = readCpuTime(gateway.pid)
    const { served, failed } = await runWrk({ folder, url, post, connections, seconds })
    const cpuMicros = ((readCpuTime(gateway.pid) - before) * 1000) / (served + failed)
    found.push({ cpuMicros, memory: measureMemory(gateway.pid), failed: failed / (served + failed) })
    await gateway.stop()
  }
  const expected = post === forged ? 1 : 0
  if (found.some(({ failed }) => failed !== expected)) throw new Error(`${what}: an answer was not the expected one`)
  /** @param {'cpuMicros' | 'memory'} name */
  const of = (name) => Math.round(median(found.map((one) => one[name])))
  return { what, cpuMicros: of('cpuMicros'), memory: of('memory') }
}

/** @param {number} accounts each has two tokens */
async function measureAccounts(accounts) {
  const keys = join(folder, `keys-${accounts}`)
  mkdirSync(keys)
  const perFile = 10_000
  for (let first = 0; first < accounts; first += perFile) {
    const rows = Array.from({ length: Math.min(perFile, accounts - first) }, (_, index) => {
      const number = (first + index).toString(16).padStart(32, '0')
      return [`AC${number}`, [authToken, number]]
    })
    writeFileSync(join(keys, `${first}.json`), JSON.stringify({ accounts: Object.fromEntries(rows) }), { mode: 0o600 })
  }
  const found = []
  for (let round = 0; round < rounds; round++) {
    const gateway = await start(`keys: { file: ${keys} }`)
    found.push({ startMs: readCpuTime(gateway.pid), memory: measureMemory(gateway.pid) })
    await gateway.stop()
  }
  /** @param {'startMs' | 'memory'} name */
  const of = (name) => Math.round(median(found.map((one) => one[name])))
  return { accounts, startMs: of('startMs'), memory: of('memory') }
}

/** The part of its core that a gateway should use at most, so that bursts are served too. */
const busyPart = 0.6
const rates = [10, 100, 500, 1000, 5000]

/**
 * @param {string} machine
 * @param {Awaited<ReturnType<typeof measureRequests>>[]} requests
 * @param {Awaited<ReturnType<typeof measureAccounts>>[]} accounts
 */
function renderSizing(machine, requests, accounts) {
  const [plain, withRedis] = requests
  /** One more than needed, so that one can be missing. @param {number} rate @param {number} [cpuMicros] */
  const count = (rate, cpuMicros = 0) => 1 + Math.ceil((rate * cpuMicros) / (busyPart * 1e6))
  /** @param {number} number */
  const format = (number) => number.toLocaleString('en')
  return [
    `${machine}. Medians of ${rounds} rounds.`,
    '',
    '| a request that is | CPU time | requests per second of one gateway, at 60 % of its core | memory afterwards |',
    '|---|---|---|---|',
    ...requests.map(
      ({ what, cpuMicros, memory }) =>
        `| ${what} | ${format(cpuMicros)} µs | ${format(Math.floor((busyPart * 1e6) / cpuMicros))} | ${memory} MB |`,
    ),
    '',
    '| genuine requests per second | gateways | gateways with `replay` in Redis |',
    '|---|---|---|',
    ...rates.map(
      (rate) => `| ${format(rate)} | ${count(rate, plain?.cpuMicros)} | ${count(rate, withRedis?.cpuMicros)} |`,
    ),
    '',
    '| accounts with two tokens in key files | CPU time of the start | memory after the start |',
    '|---|---|---|',
    ...accounts.map((row) => `| ${format(row.accounts)} | ${(row.startMs / 1000).toFixed(1)} s | ${row.memory} MB |`),
  ].join('\n')
}

const upstream = await startUpstream()
try {
  const key = join(folder, 'key.json')
  writeFileSync(key, JSON.stringify({ accounts: { [accountSid]: authToken } }), { mode: 0o600 })
  const keys = `keys: { file: ${key} }`
  const redis = await startRedis()
  const withRedis = async () => {
    await redis.restart()
    return `${keys}\nreplay: { store: redis, redisUrl: '${redis.url}' }`
  }
  const requests = [
    await measureRequests('genuine', async () => keys, genuine),
    await measureRequests('genuine, with `replay` in Redis', withRedis, genuine),
    await measureRequests('refused (forged)', async () => keys, forged),
  ]
  await redis.stop()
  const accounts = []
  for (const count of [1, 20_000, 200_000]) accounts.push(await measureAccounts(count))
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.versions.node}`
  const table = renderSizing(machine, requests, accounts)
  console.log(table)
  if (process.argv.includes('--write')) {
    const page = new URL('../docs/operations.md', import.meta.url)
    const block = /(<!-- printed by npm run bench -- gateway-sizing --write -->\n)[\s\S]*?(?=<!-- end)/
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(block, (_all, start) => `${start}${table}\n`),
    )
  }
} finally {
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}
