import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { type Instances, startInstances } from '../../../../tools/services/instances.mjs'
import { startRedis } from '../../../../tools/services/redis.mjs'
import { openWebSocket, post, startApplication, startLoad } from '../load.ts'
import { authToken, publicUrl, type Upstream } from '../support.ts'

// In heavy/, because gateways stop under load and wait for their grace period.

const bin = fileURLToPath(new URL('../../../cli/dist/bin.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-stops-'))
const groups: number[] = []
const instances: Instances[] = []
afterAll(async () => {
  // A test that fails leaves processes behind.
  await Promise.all(instances.map((started) => started.stop()))
  for (const group of groups)
    try {
      process.kill(-group, 'SIGKILL')
    } catch {
      // It has ended.
    }
  rmSync(folder, { recursive: true })
})

function configure(name: string, { url }: Upstream, more: string): string {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, `routes: [{ upstream: '${url}', publicUrl: '${publicUrl}', webSocket: true }]\n${more}`)
  return file
}

/** Starts a process and collects its output. */
function start(command: string, args: readonly string[], stdio: 'pipe' | number = 'pipe', more = {}) {
  const env = { ...process.env, TWILIO_AUTH_TOKEN: authToken, ...more }
  const child = spawn(command, args, { env, stdio: ['ignore', stdio, 'pipe'], detached: true })
  groups.push(child.pid ?? 0)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk
    })
  const read = () => output
  const waitFor = async (pattern: RegExp): Promise<string> => {
    await expect.poll(read, { timeout: 60_000 }).toMatch(pattern)
    return pattern.exec(output)?.[1] ?? ''
  }
  return { child, read, waitFor }
}

/** Starts gateways that share a socket. */
async function startGateways(count: number, file: string): Promise<Instances> {
  const program = [process.execPath, bin, 'gateway', '--config', file]
  const started = await startInstances(count, program, { TWILIO_AUTH_TOKEN: authToken })
  instances.push(started)
  return started
}

const waitFor = ({ read }: Instances, pattern: RegExp, count = 1) =>
  expect.poll(() => read().match(new RegExp(pattern, 'g'))?.length, { timeout: 60_000 }).toBe(count)

test('a restart loses no request, although a slow one and a WebSocket are open: the kernel keeps the queue', async () => {
  const application = await startApplication()
  const file = configure('one', application.upstream, 'graceMs: 3000\n')
  const gateways = await startGateways(1, file)
  const { port } = gateways
  await waitFor(gateways, /listens on http:\/\/127\.0\.0\.1:\d+/)
  const socket = await openWebSocket(port)
  const load = startLoad(port)
  const slow = post(port, '/slow')
  await load.waitForMore(50)
  await expect.poll(() => application.slow.length).toBe(1)
  process.kill(gateways.getPid(1), 'SIGTERM')
  await waitFor(gateways, /Stopping/)
  // The tunnel works until the grace period is over.
  socket.send('still here')
  expect(String((await once(socket, 'message'))[0])).toBe('still here')
  application.slow[0]?.()
  expect(await slow).toBe(200)
  await waitFor(gateways, /listens on/, 2)
  await load.waitForMore(50)
  await load.stop()
  expect(load.answers.filter((answer) => answer !== 200)).toEqual([])
  expect(new Set(application.upstream.seen.map(({ headers }) => headers['tollgate-hop'])).size).toBe(2)
  await gateways.stop()
  await application.close()
}, 120_000)

test('the kernel keeps hundreds of new connections while a gateway does not accept them', async () => {
  const application = await startApplication()
  const gateways = await startGateways(1, configure('queue', application.upstream, ''))
  await waitFor(gateways, /listens on/)
  process.kill(gateways.getPid(1), 'SIGSTOP')
  // By default, Node.js lets 511 wait. The kernel drops the first packet of any other.
  let connected = 0
  const waiting = Array.from({ length: 700 }, () => connect(gateways.port, '127.0.0.1', () => connected++))
  await expect.poll(() => connected, { timeout: 10_000 }).toBe(700)
  for (const socket of waiting) socket.destroy()
  await gateways.stop()
  await application.close()
}, 60_000)

test('two instances on one socket: while one stops, the other serves at once', async () => {
  const application = await startApplication()
  const file = configure('two', application.upstream, 'graceMs: 60000\n')
  const gateways = await startGateways(2, file)
  const { port } = gateways
  await waitFor(gateways, /listens on/, 2)
  // Enough for both instances to have one.
  const sockets = await Promise.all(Array.from({ length: 12 }, () => openWebSocket(port)))
  const load = startLoad(port)
  await load.waitForMore(20)
  process.kill(gateways.getPid(1), 'SIGTERM')
  await waitFor(gateways, /Stopping/)
  await load.waitForMore(100)
  for (const socket of sockets) socket.send('still here')
  for (const socket of sockets) socket.close()
  await waitFor(gateways, /instance 1 is/, 2)
  await load.stop()
  expect(load.answers.filter((answer) => answer !== 200)).toEqual([])
  await gateways.stop()
  await application.close()
}, 120_000)

/** Starts a gateway whose log goes to `stdout`, and sends long lines to it. */
async function serveWithLog(name: string, stdout: 'pipe' | number, count: number, limits = ':', makeSpace = () => {}) {
  const application = await startApplication()
  const file = configure(name, application.upstream, 'listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\ngraceMs: 2000\n')
  const command = ['-c', `${limits}; exec "$0" "$@"`, process.execPath, bin, 'gateway', '--config', file]
  const { child, waitFor } = start('sh', command, stdout)
  // This pipe is never read, or its reader is gone.
  if (stdout === 'pipe') child.stdout?.removeAllListeners('data').pause()
  const port = Number(await waitFor(/listens on http:\/\/127\.0\.0\.1:(\d+)/))
  const admin = await waitFor(/Health and metrics: (\S+)/)
  if (name === 'gone') child.stdout?.destroy()
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const long = `/${'x'.repeat(490)}`
  const answers = await Promise.all(Array.from({ length: count }, () => post(port, long, agent)))
  // A line is written after its answer. This request is answered after both.
  await (await fetch(`${admin}/metrics`)).text()
  makeSpace()
  answers.push(await post(port, long, agent))
  agent.destroy()
  expect(answers.filter((answer) => answer !== 200)).toEqual([])
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  const [, dropped] = /tollgate_log_lines_dropped_total\{reason="output"\} (\d+)/.exec(metrics) ?? []
  child.kill('SIGTERM')
  await once(child, 'exit')
  await application.close()
  return Number(dropped)
}

test('a full disk stops nothing: lines are dropped and counted, and the one that was cut is completed later', async () => {
  const log = join(folder, 'full.log')
  let before = ''
  // A file that may not grow beyond 8 blocks stands for a full disk.
  const dropped = await serveWithLog('full', openSync(log, 'a'), 50, 'ulimit -f 8', () => {
    before = readFileSync(log, 'utf8')
    truncateSync(log)
  })
  expect(before.at(-1)).not.toBe('\n')
  const lines = `${before}${readFileSync(log, 'utf8')}`.trimEnd().split('\n')
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ code: 'accepted', msg: 'request' })
  expect(dropped).toBeGreaterThan(30)
  expect(lines.length + dropped).toBe(51)
})

test('a log whose reader is gone stops nothing', async () => {
  expect(await serveWithLog('gone', 'pipe', 50)).toBeGreaterThan(0)
})

test('a log that is never read stops nothing, and its buffer has a limit', async () => {
  expect(await serveWithLog('stalled', 'pipe', 3000)).toBeGreaterThan(100)
}, 120_000)

test('a stop ends the process although a thread hangs, as in a look-up of a name without an answer', async () => {
  const fifo = join(folder, 'fifo')
  execFileSync('sh', ['-c', 'mkfifo "$0"', fifo])
  const hang = `import { readFile } from 'node:fs'; readFile(${JSON.stringify(fifo)}, () => undefined)`
  const NODE_OPTIONS = `--import=data:text/javascript;base64,${Buffer.from(hang).toString('base64')}`
  const application = await startApplication()
  const file = configure('hangs', application.upstream, 'listen: 127.0.0.1:0\n')
  const { child, waitFor } = start(process.execPath, [bin, 'gateway', '--config', file], 'pipe', { NODE_OPTIONS })
  await waitFor(/listens on/)
  child.kill('SIGTERM')
  await once(child, 'exit')
  await application.close()
})

/** Polls a page of the admin listener until it has a status. */
async function waitForStatus(page: string, status: number): Promise<void> {
  await expect.poll(async () => (await fetch(page)).status, { timeout: 30_000, interval: 200 }).toBe(status)
}

test('/readyz is 503 while Redis is lost and requests are refused, and 200 when it is back, without a request', async () => {
  const redis = await startRedis()
  const application = await startApplication()
  const text = `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nreplay: { store: redis, redisUrl: '${redis.url}' }\n`
  const file = configure('redis', application.upstream, text)
  const { child, waitFor } = start(process.execPath, [bin, 'gateway', '--config', file])
  const admin = await waitFor(/Health and metrics: (\S+)/)
  await waitForStatus(`${admin}/readyz`, 200)
  await redis.kill()
  await waitForStatus(`${admin}/readyz`, 503)
  // To start it again would not help.
  expect((await fetch(`${admin}/healthz`)).status).toBe(200)
  await redis.restart()
  await waitForStatus(`${admin}/readyz`, 200)
  child.kill('SIGTERM')
  await once(child, 'exit')
  await redis.stop()
  await application.close()
}, 120_000)

test('/healthz is 503 for an event loop that is late again and again', async () => {
  // Each turn of the event loop takes 2.5 seconds, until the program gets the signal again.
  const block = `let isBlocked = false
const turn = () => {
  if (!isBlocked) return
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  setTimeout(turn, 1)
}
process.on('SIGUSR2', () => {
  isBlocked = !isBlocked
  turn()
})`
  const application = await startApplication()
  const file = configure('blocked', application.upstream, 'listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\n')
  const args = ['--import', `data:text/javascript,${encodeURIComponent(block)}`, bin, 'gateway', '--config', file]
  const { child, waitFor } = start(process.execPath, args)
  const admin = await waitFor(/Health and metrics: (\S+)/)
  await waitForStatus(`${admin}/healthz`, 200)
  child.kill('SIGUSR2')
  await waitForStatus(`${admin}/healthz`, 503)
  child.kill('SIGUSR2')
  await waitForStatus(`${admin}/healthz`, 200)
  child.kill('SIGTERM')
  await once(child, 'exit')
  await application.close()
}, 120_000)
