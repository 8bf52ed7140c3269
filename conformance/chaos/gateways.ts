import { execFileSync } from 'node:child_process'
import {
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { startInstances } from '../../tools/services/instances.mjs'
import { startServer } from './application.ts'
import type { GatewayProcess } from './judge.ts'

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))

export const publicUrl = 'https://api.example.com'
export const accountSid = 'AC0123456789abcdef0123456789abcdef'
/** Shorter than a sender waits, so that the gateway answers first. */
export const timeoutMs = 5000

/** The first instance writes to a file that may not grow beyond 64 blocks: a disk that fills up. */
const script = `ulimit -f 64; exec "$0" "$1" gateway --config "$2/gateway.$INSTANCE.json" >>"$2/log.$INSTANCE" 2>>"$2/messages.$INSTANCE"`

interface GatewaysOptions {
  readonly count: number
  /** The option `replay` of the gateway. */
  readonly replay: object
  readonly backends: readonly { readonly url: string }[]
}

/** Starts the gateways of the command line on one inherited socket, and everything that they read. */
export async function startGateways({ count, replay, backends }: GatewaysOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-chaos-'))
  const keyFile = join(folder, 'keys.json')
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const processes: (GatewayProcess & { instance: number })[] = []
  const admins = await Promise.all(numbers.map(async () => `127.0.0.1:${await findFreePort()}`))
  // Names the process of a connection. It never fails.
  const greeters = await Promise.all(
    numbers.map((instance) =>
      startServer((req, res) => {
        const id = `${instance}/${req.headers['tollgate-hop']}`
        if (!processes.some((process) => process.id === id)) processes.push({ id, instance })
        req.resume().on('end', () => res.writeHead(200, { 'x-process': id }).end())
      }),
    ),
  )

  function writeConfiguration(more: object, text?: string): void {
    for (const [index, admin] of admins.entries()) {
      const routes = [
        ...backends.map(({ url }, number) => ({ path: `/${number}`, upstream: url, publicUrl })),
        { path: '/hello', upstream: greeters[index]?.url, publicUrl, replay: false },
      ]
      const given = { admin, timeoutMs, graceMs: 2 * timeoutMs, keys: { file: keyFile }, replay, routes, ...more }
      replace(join(folder, `gateway.${index + 1}.json`), text ?? JSON.stringify(given))
    }
  }

  function writeTokens(tokens: readonly string[]): void {
    replace(keyFile, JSON.stringify({ accounts: { [accountSid]: tokens } }))
  }

  /** Replaces a file at once, so that no reader sees a half. */
  function replace(file: string, text: string): void {
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  writeConfiguration({})
  writeTokens(['0'.repeat(32)])
  const readers = numbers.slice(1).map((instance) => {
    const fifo = join(folder, `log.${instance}`)
    execFileSync('sh', ['-c', 'mkfifo "$0"', fifo])
    // Also open for writing, so that its end never comes.
    const reader = new Socket({ fd: openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK), writable: false })
    return reader.resume()
  })
  const disk = join(folder, 'log.1')
  writeFileSync(disk, '')
  let isFull = false
  const rotation = setInterval(() => {
    if (!isFull) truncateSync(disk)
  }, 100)
  const program = ['sh', '-c', script, process.execPath, bin, folder]
  const instances = await startInstances(count, program)

  async function waitUntilReady(instance: number): Promise<void> {
    const admin = admins[instance - 1]
    const deadline = performance.now() + 60_000
    const isReady = async (): Promise<boolean> => (await fetch(`http://${admin}/readyz`)).ok
    while (!(await isReady().catch(() => false))) {
      if (performance.now() > deadline)
        throw new Error(`instance ${instance} is not ready:\n${readFileSync(join(folder, `messages.${instance}`))}`)
      await sleep(50)
    }
  }

  /** Waits until every gateway has read the key file again, as the operator of a rotation does. */
  async function waitForKeys(): Promise<void> {
    const writtenAt = Date.now() / 1000
    const hasRead = async (admin: string): Promise<boolean> => {
      const page = await fetch(`http://${admin}/metrics`, { signal: AbortSignal.timeout(1000) })
      const [, readAt] = /^tollgate_keys_read_timestamp_seconds\{source="file"\} (\S+)$/m.exec(await page.text()) ?? []
      return Number(readAt) >= writtenAt
    }
    // One that starts reads the file.
    for (const admin of admins) while (!(await hasRead(admin).catch(() => false))) await sleep(200)
  }

  /** Ends a process. The launcher starts the next one. */
  async function end(instance: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = instances.getPid(instance)
    process.kill(pid, signal)
    const endedAt = performance.now()
    // A greeting of the old process may be on its way. The next one has not begun yet.
    await sleep(100)
    for (const [index, process] of processes.entries())
      if (process.instance === instance && process.endedAt === undefined)
        processes[index] = { ...process, endedAt, endedBy: signal }
    while (instances.getPid(instance) === pid) await sleep(20)
  }

  async function readMetrics(): Promise<void> {
    for (const [index, process] of processes.entries()) {
      if (process.endedAt !== undefined) continue
      const text = await (await fetch(`http://${admins[process.instance - 1]}/metrics`)).text()
      const samples = [...text.matchAll(/^([a-z_]+(?:\{.*\})?) (\S+)$/gm)]
      const metrics = new Map(samples.map(([, name = '', value]) => [name, Number(value)]))
      processes[index] = { ...process, metrics }
    }
  }

  async function stop(): Promise<void> {
    clearInterval(rotation)
    await instances.stop()
    for (const reader of readers) reader.destroy()
    await Promise.all(greeters.map((greeter) => greeter.die()))
    rmSync(folder, { recursive: true })
  }

  try {
    await Promise.all(numbers.map(waitUntilReady))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    numbers,
    port: instances.port,
    processes,
    writeConfiguration,
    writeTokens,
    end,
    waitForKeys,
    waitUntilReady,
    readMetrics,
    getPid: instances.getPid,
    /** The disk is full, and the readers of logs stop, or not. */
    setLogs(state: 'full' | 'stalled' | 'good') {
      isFull = state === 'full'
      for (const reader of readers) state === 'stalled' ? reader.pause() : reader.resume()
    },
    stop,
  }
}

export type Gateways = Awaited<ReturnType<typeof startGateways>>
