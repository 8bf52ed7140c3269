import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openLoad } from './load.mjs'
import { makeRow } from './rows.mjs'
import { makeMessages, path, toHeaders } from './webhooks.mjs'

const program = fileURLToPath(new URL('server.mjs', import.meta.url))

/**
 * The frameworks, with the most that our guard may cost as a multiple of a hand-written check in the
 * same server.
 * @type {Record<string, import('./rows.mjs').Budget>}
 */
const budgets = {
  'node:http': { most: 1.1 },
  'Express 5': { most: 1.15 },
  Fastify: { most: 1.35, aim: 1.15 },
  Koa: { most: 1.15 },
  Hono: { most: 1.15 },
  'fetch on @hono/node-server': { most: 1.25 },
  'h3 2': { most: 1.35 },
  Next: { most: 1.5, aim: 1.3 },
  SvelteKit: { most: 1.5, aim: 1.3 },
}

const warmUpRequests = 24_000
const roundRequests = 800

/**
 * Compares the CPU time per request of a server with the adapter to the same server with a
 * hand-written check. CPU time is measured in the server's process, because elapsed time depends on
 * the other load of the machine.
 * @returns rows that can be measured again
 */
export function listMiddleware() {
  return Object.keys(budgets).map((framework) => async () => [
    makeRow(framework, await compareGuarded(framework), { budget: budgets[framework] }),
  ])
}

/** @param {string} framework @returns {Promise<number[]>} the ratios of the guarded server */
async function compareGuarded(framework) {
  const unpin = pin(process.pid, 0)
  /** @type {Server[]} */
  const servers = []
  try {
    for (const kind of ['minimal', 'guarded']) servers.push(await startServer(framework, kind))
    return await runRounds(servers)
  } finally {
    for (const server of servers) server.stop()
    unpin()
  }
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
 * Measures the time of the second server as a multiple of the first one's, in each round. The first
 * runs before and after the second.
 * @param {readonly Server[]} servers
 */
async function runRounds([base, guarded]) {
  if (base === undefined || guarded === undefined) return []
  // Before the engine has compiled the hot code, the longer program is at a disadvantage.
  for (const server of [base, guarded]) await server.load(warmUpRequests)
  const ratios = []
  let before = await base.load(roundRequests)
  for (let round = 0; round < 41; round++) {
    const own = await guarded.load(roundRequests)
    const after = await base.load(roundRequests)
    ratios.push((2 * own) / (before + after))
    before = after
  }
  return ratios
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
      // A signal would not do: some servers wait for their clients after it.
      child.disconnect()
    },
  }
}

const requests = makeMessages().map(({ body, signature }) => {
  const fields = Object.entries(toHeaders(body, signature)).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${fields.join('')}\r\n`), body])
})
