import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findWrk } from '../../tools/services/wrk.mjs'
import { formatPercent, makeRow } from './rows.mjs'
import { makeMessages, path, toHeaders } from './webhooks.mjs'

const execute = promisify(execFile)
const program = fileURLToPath(new URL('server.mjs', import.meta.url))

/** @type {[framework: string, kinds: string[], budget: import('./rows.mjs').Budget | undefined][]} */
const pairs = [
  ['Express', ['plain', 'guarded', 'twilio'], { most: 5 }],
  ['node:http', ['plain', 'guarded'], { most: 12 }],
  ['Fastify', ['plain', 'guarded'], undefined],
  ['Hono', ['plain', 'guarded'], undefined],
]

/**
 * CPU time per request of a server with the adapter, beside that of the same server which parses the same form and verifies nothing.
 * Taken in the server's process: how many requests wrk gets through depends on what else the machine does.
 */
export async function measureMiddleware({ rounds = 15 } = {}) {
  const wrk = await findWrk()
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
  const script = join(folder, 'requests.lua')
  writeFileSync(script, writeScript())
  const rows = []
  try {
    for (const [framework, kinds, budget] of pairs) {
      const servers = await Promise.all(kinds.map((kind) => startServer(framework, kind)))
      try {
        const percents = await runRounds({ wrk, script, servers, rounds })
        const twilio = percents[1]
        rows.push(
          makeRow(`CPU per request, ${framework}`, percents[0] ?? [], {
            ...(budget && { budget }),
            twilio,
            format: formatPercent,
          }),
        )
      } finally {
        for (const server of servers) server.stop()
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

/**
 * How many per cent more than the first server each of the others uses, round by round.
 * @param {{ wrk: string, script: string, servers: Server[], rounds: number }} what
 */
async function runRounds({ wrk, script, servers: [plain, ...others], rounds }) {
  if (plain === undefined) return []
  const load = (/** @type {Server} */ server) => loadServer(wrk, script, server)
  for (const server of [plain, ...others]) await warmUp(server, load)
  /** @type {number[][]} */
  const percents = others.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const base = await load(plain)
    for (const [index, server] of others.entries()) percents[index]?.push(100 * ((await load(server)) / base - 1))
  }
  return percents
}

const warmUpRequests = 40_000
const mostWarmUpSeconds = 8

/** Until the engine has compiled what runs often: before, the longer program is at a disadvantage. @param {Server} server @param {(server: Server) => Promise<number>} load */
async function warmUp(server, load) {
  for (let second = 0; second < mostWarmUpSeconds; second++) {
    await load(server)
    if ((await server.ask()).answered >= warmUpRequests) return
  }
}

/** @param {string} wrk @param {string} script @param {Server} server @returns {Promise<number>} microseconds of CPU per request */
async function loadServer(wrk, script, server) {
  const before = await server.ask()
  const { stdout } = await execute(wrk, ['-t1', '-c8', '-d1s', '-s', script, `http://127.0.0.1:${server.port}${path}`])
  if (/Non-2xx/.test(stdout)) throw new Error(`${server.name} refuses what it should accept:\n${stdout}`)
  const after = await server.ask()
  return (after.microseconds - before.microseconds) / (after.answered - before.answered)
}

/** @param {string} framework @param {string} kind */
async function startServer(framework, kind) {
  const child = fork(program, [framework, kind])
  const receive = async () => (await once(child, 'message'))[0]
  const { port } = await receive()
  return {
    name: `${framework} ${kind}`,
    port,
    async ask() {
      const answer = receive()
      child.send('usage')
      return answer
    },
    stop() {
      child.kill()
    },
  }
}

/** The requests, one after the other. https://github.com/wg/wrk/blob/master/SCRIPTING */
function writeScript() {
  const requests = makeMessages().map(({ body, signature }) => {
    const { 'content-length': _length, ...headers } = toHeaders(body, signature)
    const fields = Object.entries(headers).map(([name, value]) => `[${JSON.stringify(name)}]=${JSON.stringify(value)}`)
    return `  wrk.format("POST", nil, {${fields.join(',')}}, ${JSON.stringify(body.toString())}),`
  })
  return `local requests
function init(args)
  requests = {
${requests.join('\n')}
  }
end
local index = 0
function request()
  index = index % #requests + 1
  return requests[index]
end
`
}
