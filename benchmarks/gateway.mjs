// Compares the gateway, which verifies every request, to proxies that verify nothing: nginx, and the least proxy that a
// developer writes. Each has one worker, the same application and the same signed form posts, and they take turns.
// The budgets are about throughput, and about CPU time, which depends less on other load. The rounds are so long that the
// first requests, over 64 new connections, are less than 1 %.
// Exits with 1 if the gateway misses a budget by more than the rounds differ.
import { deepEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { makeFolder } from '../tools/services/run-server.mjs'
import { answer } from './gateway/answer.mjs'
import { median, signPost, startApplication, startNginxProxy, startNode } from './gateway/bench.mjs'
import { readCpuTime } from './gateway/cpu-time.mjs'
import { runWrk } from './gateway/wrk.mjs'

const rounds = Number(process.env.ROUNDS ?? 7)
const seconds = Number(process.env.SECONDS ?? 6)
const connections = Number(process.env.CONNECTIONS ?? 64)
/**
 * @typedef {object} Budget
 * @property {number} [least] the throughput of the gateway, divided by that of the other
 * @property {number} [mostCpu] the CPU time of a request in the gateway, divided by that in the other
 */

/** The budgets beside the other proxies. @type {Record<string, Budget>} */
const budgets = {
  'node:http with undici': { least: 1, mostCpu: 0.8 },
  nginx: { least: 0.4 },
}

/** @typedef {import('./gateway/wrk.mjs').Figures & { cpuMicros: number }} Round */

const folder = makeFolder('bench')
const post = signPost()
let failed = false

try {
  print(await measure())
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0

/** @returns {Promise<Record<string, Round[]>>} */
async function measure() {
  const upstream = await startApplication()
  const proxies = {
    gateway: await startNode('serve-gateway.mjs', upstream.port),
    'node:http with undici': await startNode('serve-undici.mjs', upstream.port),
    nginx: await startNginxProxy(upstream.port),
  }
  /** @type {Record<string, Round[]>} */
  const results = Object.fromEntries(Object.keys(proxies).map((name) => [name, []]))
  try {
    for (const { port } of Object.values(proxies)) {
      await checkAnswer(port)
      await warmUp(port)
    }
    for (let round = 0; round < rounds; round++)
      for (const [name, { port, pid = 0 }] of rotate(Object.entries(proxies), round)) {
        const before = readCpuTime(pid)
        const figures = await load(port, seconds)
        const cpuMicros = ((readCpuTime(pid) - before) * 1000) / (figures.served + figures.failed)
        if (figures.failed > 0) fail(`${name}: ${figures.failed} requests were not served`)
        results[name]?.push({ ...figures, cpuMicros })
      }
  } finally {
    for (const { stop } of [...Object.values(proxies), upstream]) await stop()
  }
  return results
}

/**
 * Throws if a proxy does not pass the upstream's answer on.
 * @param {number} port
 */
async function checkAnswer(port) {
  const { method, headers, body } = post
  const sent = request({ port, path: '/sms', method, headers }).end(body)
  const [response] = await once(sent, 'response')
  deepEqual([response.statusCode, response.headers['content-type'], await text(response)], [200, 'text/xml', answer])
}

/**
 * Sends requests until the engine has compiled the hot code.
 * @param {number} port
 */
async function warmUp(port) {
  let served = 0
  for (let second = 0; served < 25_000 && second < 20; second++) served += (await load(port, 1)).served
}

/** @param {number} port @param {number} duration */
function load(port, duration) {
  return runWrk({ folder, url: `http://127.0.0.1:${port}/sms`, post, connections, seconds: duration })
}

/** @template T @param {readonly T[]} list @param {number} by @returns {T[]} */
function rotate(list, by) {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

/** @param {Record<string, Round[]>} results */
function print(results) {
  console.log(`${rounds} rounds of ${seconds} s, ${connections} connections, a signed SMS of ${post.body.length} bytes`)
  console.log(`${'proxy'.padEnd(22)}${'per second'.padStart(12)}${'p99 ms'.padStart(10)}${'CPU µs'.padStart(10)}`)
  for (const [name, list] of Object.entries(results))
    console.log(
      name.padEnd(22) +
        Math.round(median(list.map(({ perSecond }) => perSecond)))
          .toLocaleString('en')
          .padStart(12) +
        median(list.map(({ p99Ms }) => p99Ms))
          .toFixed(1)
          .padStart(10) +
        median(list.map(({ cpuMicros }) => cpuMicros))
          .toFixed(0)
          .padStart(10),
    )
  for (const [name, budget] of Object.entries(budgets)) compare(results, name, budget)
}

/**
 * @param {Record<string, Round[]>} results
 * @param {string} other
 * @param {Budget} budget
 */
function compare(results, other, { least, mostCpu }) {
  const pairs = (results.gateway ?? []).map((mine, round) => ({ mine, theirs: results[other]?.[round] ?? mine }))
  const throughput = summarize(pairs.map(({ mine, theirs }) => mine.perSecond / theirs.perSecond))
  const cpu = summarize(pairs.map(({ mine, theirs }) => mine.cpuMicros / theirs.cpuMicros))
  const latency = median(pairs.map(({ mine, theirs }) => mine.p99Ms / theirs.p99Ms))
  const isSlow = least !== undefined && throughput.ratio + throughput.noise < least
  const isCostly = mostCpu !== undefined && cpu.ratio - cpu.noise > mostCpu
  console.log(
    `gateway / ${other}: throughput ${throughput.text}${verdict('at least', least, isSlow)}, p99 ${latency.toFixed(2)}, ` +
      `CPU time ${cpu.text}${verdict('at most', mostCpu, isCostly)}`,
  )
  if (isSlow || isCostly) failed = true
}

/** @param {readonly number[]} ratios */
function summarize(ratios) {
  const ratio = median(ratios)
  const noise = median(ratios.map((one) => Math.abs(one - ratio)))
  return { ratio, noise, text: `${ratio.toFixed(2)} ± ${noise.toFixed(2)}` }
}

/** @param {string} limits @param {number | undefined} budget @param {boolean} isMissed */
function verdict(limits, budget, isMissed) {
  return budget === undefined ? '' : ` (${limits} ${budget.toFixed(1)})${isMissed ? ' MISSED' : ''}`
}

/** @param {string} what */
function fail(what) {
  console.log(what)
  failed = true
}
