import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requireProgram } from '../programs.mjs'
import { findFreePort } from './free-port.mjs'
import { ping } from './redis-ping.mjs'

/**
 * A Redis server. It runs until `stop` is called or this process ends.
 * @typedef {Awaited<ReturnType<typeof startRedis>>} RedisServer
 */

/**
 * Starts a Redis server on a free port of 127.0.0.1. It keeps nothing on disk, and ends with this
 * process.
 * @param {Readonly<Record<string, string | number>>} more Settings. `sentinel` is the configuration file of a sentinel.
 */
export async function startRedis(more = {}) {
  const program = requireProgram('redis-server')
  const port = await findFreePort()
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-redis-'))
  const start = () => launch(program, port, { save: '', appendonly: 'no', dir: folder, ...more })
  let server = await start()
  const end = () => server.kill('SIGKILL')
  process.once('exit', end)

  async function kill() {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    end()
    await ended
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    /** Ends the server at once, like a crash. */
    kill,
    /** Ends the server and starts it again on the same port, without data. */
    async restart() {
      await kill()
      server = await start()
    },
    /** Lets the server stand still, as a virtual machine that is paused. */
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    async stop() {
      await kill()
      process.off('exit', end)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @param {string} program @param {number} port @param {Readonly<Record<string, string | number>>} more */
async function launch(program, port, more) {
  const { sentinel, ...others } = more
  const settings = { port, bind: '127.0.0.1', ...others }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  // A sentinel writes to its file, which comes first.
  const first = sentinel === undefined ? [] : [String(sentinel), '--sentinel']
  const server = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  await once(server, 'spawn')
  const deadline = Date.now() + 15_000
  while (!(await ping(port))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      server.kill('SIGKILL')
      throw new Error(`${program} did not start on port ${port}:\n${output}`)
    }
    await sleep(25)
  }
  return server
}
