import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * A folder for a server's files, which a server that gives up its privileges can read too.
 * @param {string} name
 */
export function makeFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `tollgate-${name}-`))
  chmodSync(folder, 0o755)
  return folder
}

/**
 * Runs a server in the foreground until it is stopped, or until this process ends. Resolves once a port answers; rejects with what
 * the server said, or wrote to error.log in its folder, where it does not.
 * @param {{ program: string, args: readonly string[], ports: readonly number[], folder: string, env?: NodeJS.ProcessEnv }} server
 */
export async function runServer({ program, args, ports, folder, env }) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const logFile = join(folder, 'error.log')
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const end = () => child.kill('SIGTERM')
  process.once('exit', end)
  await once(child, 'spawn')
  const deadline = Date.now() + 20_000
  for (const port of ports)
    while (!(await answers(port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL')
        process.off('exit', end)
        const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''
        rmSync(folder, { recursive: true, force: true })
        throw new Error(`${program} did not start on port ${port}:\n${output}${log}`)
      }
      await sleep(25)
    }
  return {
    pid: child.pid,
    async stop() {
      process.off('exit', end)
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        end()
        const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
        await ended
        clearTimeout(timer)
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('connect', () => socket.destroy())
    socket.on('error', () => resolve(false))
  })
}

/**
 * The version that a program tells of itself, such as 1.26.3.
 * @param {string} program
 * @param {string} flag
 */
export async function readVersion(program, flag) {
  const { stdout, stderr } = await promisify(execFile)(program, [flag])
  return /\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? ''
}
