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
 * Starts a Redis server on a free port of 127.0.0.1. It keeps nothing on disk, and ends with this
 * process.
 * @param {Readonly<Record<string, string | number>>} more settings
 * @returns {Promise<import('./redis.d.mts').RedisServer>}
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
    kill,
    async restart() {
      await kill()
      server = await start()
    },
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
  const { sentinel, ...settings } = { port, bind: '127.0.0.1', ...more }
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
