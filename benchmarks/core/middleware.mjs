import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openLoad } from './load.mjs'
import { formatPercent, makeRow } from './rows.mjs'
import { makeMessages, path, toHeaders } from './webhooks.mjs'

const program = fileURLToPath(new URL('server.mjs', import.meta.url))

/**
 * @type {[framework: string, kinds: string[], budget: import('./rows.mjs').Budget | undefined][]}
 */
const pairs = [
  ['Express', ['plain', 'guarded', 'twilio'], { most: 5 }],
  ['node:http', ['plain', 'guarded', 'twilio'], { most: 12 }],
  ['Fastify', ['plain', 'guarded'], undefined],
  ['Hono', ['plain', 'guarded'], undefined],
]

/** A share differs less between machines than a percentage of a plain server (decision 9). */
const shareBudget = { most: 0.75 }

const warmUpRequests = 24_000
const roundRequests = 800

/**
 * Compares the CPU time per request of a server with the adapter to the same server without
 * verification. CPU time is measured in the server's process, because elapsed time depends on the
 * other load of the machine.
 */
export async function measureMiddleware({ rounds = 41, frameworks = pairs.map(([framework]) => framework) } = {}) {
  const rows = []
  const unpin = pin(process.pid, 0)
  for (const [framework, kinds, budget] of pairs.filter(([name]) => frameworks.includes(name))) {
    /** @type {Server[]} */
    const servers = []
    try {
      for (const kind of kinds) servers.push(await startServer(framework, kind))
      const [own = [], twilio] = await runRounds(servers, rounds)
      const options = { ...(budget && { budget }), twilio, format: formatPercent }
      rows.push(makeRow(`CPU per request, ${framework}`, own, options))
      if (twilio === undefined) continue
      const shares = own.map((percent, round) => percent / (twilio[round] ?? Number.NaN))
      rows.push(makeRow(`${framework}: as a share of what twilio adds`, shares, { budget: shareBudget }))
    } finally {
      for (const server of servers) server.stop()
    }
  }
  unpin()
  return rows
}

/** A program of util-linux. Where it is missing, processes stay where the scheduler puts them. */
const taskset = 'taskset'

/**
 * Keeps a process on one core. If the scheduler moves server and client between cores, or runs both
 * on one, the same work can take much longer.
 * @param {number | undefined} pid @param {number} core
 * @returns {() => void} lets it run on every core again
 */
function pin(pid, core) {
  const setCores = (/** @type {string} */ cores) =>
    spawnSync(taskset, ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)])
  if (process.platform !== 'linux' || availableParallelism() < 2) return () => {}
  setCores(String(core))
  return () => void setCores(`0-${availableParallelism() - 1}`)
}

/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

/**
 * Measures by how many per cent each server exceeds the first one, in each round. The first server
 * runs before and after each of the others.
 * @param {readonly Server[]} servers
 * @param {number} rounds
 */
async function runRounds([plain, ...others], rounds) {
  if (plain === undefined) return []
  // Before the engine has compiled the hot code, the longer program is at a disadvantage.
  for (const server of [plain, ...others]) await server.load(warmUpRequests)
  /** @type {number[][]} */
  const percents = others.map(() => [])
  let before = await plain.load(roundRequests)
  for (let round = 0; round < rounds; round++)
    for (const [index, server] of others.entries()) {
      const own = await server.load(roundRequests)
      const after = await plain.load(roundRequests)
      percents[index]?.push(100 * ((2 * own) / (before + after) - 1))
      before = after
    }
  return percents
}

/** @param {string} framework @param {string} kind */
async function startServer(framework, kind) {
  const child = fork(program, [framework, kind])
  pin(child.pid, 1)
  const receive = async () => (await once(child, 'message'))[0]
  const { port } = await receive()
  const ask = async () => {
    const answer = receive()
    child.send('usage')
    return answer
  }
  return {
    /** @param {number} count @returns {Promise<number>} microseconds of CPU per request */
    async load(count) {
      // Each round opens new connections, because servers close idle ones after some seconds.
      const client = await openLoad(port, requests)
      const before = await ask()
      await client.send(count)
      const after = await ask()
      client.close()
      if (after.answered - before.answered < count)
        throw new Error(`${framework} ${kind} answered requests that it did not count.`)
      return (after.microseconds - before.microseconds) / (after.answered - before.answered)
    },
    stop() {
      child.kill()
    },
  }
}

const requests = makeMessages().map(({ body, signature }) => {
  const fields = Object.entries(toHeaders(body, signature)).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${fields.join('')}\r\n`), body])
})
