import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * Makes a folder for a server's files. A server that drops its privileges can read it too.
 * @param {string} name
 */
export function makeFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `tollgate-${name}-`))
  chmodSync(folder, 0o755)
  return folder
}

/**
 * Runs a server in the foreground until it is stopped or this process ends. Resolves once every
 * port answers. Rejects with the server's output and error.log if a port does not answer in time.
 * @param {{ program: string, args: readonly string[], ports: readonly number[], folder: string,
 *   env?: NodeJS.ProcessEnv }} server
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

/**
 * Returns true if something listens on this port of 127.0.0.1.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('connect', () => socket.destroy())
    socket.on('error', () => resolve(false))
  })
}

/**
 * Runs a program and finds a version such as 1.26.3 in its output.
 * @param {string} program
 * @param {string} flag
 */
export async function readVersion(program, flag) {
  const { stdout, stderr } = await promisify(execFile)(program, [flag])
  return /\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? ''
}
