// Rotates 200,000 accounts with two tokens each in a folder of key files. Prints the memory of the
// keys, the longest stall of the event loop, and the most CPU time of one turn of it. On a busy
// machine a stall includes the time of other processes, so the CPU time is the budget, and a stall
// is compared with one of as much other work. Exits with 1 if a turn needed more than 20 ms, or if
// the keys in use were incomplete at any moment.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileKeys } from 'tollgate/keys'
import { watchTurns } from './core/turns.mjs'

const accounts = 200_000
const files = 20
const rounds = 3
const allowedMs = 20

const folder = mkdtempSync(join(tmpdir(), 'tollgate-key-files-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

/** @param {number} number */
const accountSid = (number) => `AC${number.toString(16).padStart(32, '0')}`
/** @param {number} number */
const token = (number) => number.toString(16).padStart(32, '0')

/** @param {string} name @param {number} generation */
function publish(name, generation) {
  const version = join(folder, name)
  mkdirSync(version)
  const perFile = accounts / files
  let bytes = 0
  for (let file = 0; file < files; file++) {
    const rows = Array.from({ length: perFile }, (_, index) => {
      const number = file * perFile + index
      return [accountSid(number), [token(number), token(generation * accounts + number)]]
    })
    const path = join(version, `${file}.json`)
    writeFileSync(path, JSON.stringify({ accounts: Object.fromEntries(rows) }), { mode: 0o600 })
    bytes += statSync(path).size
  }
  return { version, bytes }
}

/** @param {string} what @param {string} figure */
function print(what, figure) {
  console.log(what.padEnd(50), figure.padStart(20))
}

function measureMemory() {
  globalThis.gc?.()
  return process.memoryUsage()
}

/** @param {number} bytes */
function formatMegabytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

const { bytes } = publish('keys', 1)
print('accounts, with two tokens each', accounts.toLocaleString('en'))
print(`${files} files`, formatMegabytes(bytes))
const before = measureMemory()
const start = performance.now()
const keys = fileKeys(join(folder, 'keys'))
print('first reading, at the start', `${Math.round(performance.now() - start)} ms`)
const after = measureMemory()
print('their objects, after a garbage collection', formatMegabytes(after.heapUsed - before.heapUsed))
print('their bytes', formatMegabytes(after.arrayBuffers - before.arrayBuffers))

/** @param {number} number */
function readGeneration(number) {
  const found = keys.authToken({ accountSid: accountSid(number), url: 'https://example.com/', method: 'POST' })
  const tokens = found !== undefined && 'authToken' in Object(found) ? Object(found).authToken : []
  return Math.floor(Number.parseInt(tokens[1] ?? '0', 16) / accounts)
}

/**
 * Watches the event loop during some work.
 * @param {() => Promise<void>} work
 */
async function watch(work) {
  globalThis.gc?.()
  await sleep(100)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const began = performance.now()
  delay.enable()
  const turns = watchTurns()
  await work()
  delay.disable()
  return { tookMs: performance.now() - began, stallMs: delay.max / 1e6, turnMs: await turns.stop() }
}

/**
 * Keeps the event loop as busy as a rotation does, in turns of a millisecond.
 * @param {number} ms
 */
async function workOnOther(ms) {
  const until = performance.now() + ms
  const bytes = Buffer.alloc(16 * 1024)
  while (performance.now() < until) {
    const turn = performance.now() + 1
    while (performance.now() < turn) createHash('sha256').update(bytes).digest()
    await new Promise(setImmediate)
  }
}

let failed = false
for (let round = 2; round < 2 + rounds; round++) {
  const { version } = publish(`keys-${round}`, round)
  const { tookMs, stallMs, turnMs } = await watch(async () => {
    for (let file = 0; file < files; file++)
      renameSync(join(version, `${file}.json`), join(folder, 'keys', `${file}.json`))
    while (readGeneration(accounts - 1) < round) {
      // The first and the last file must change together.
      failed ||= readGeneration(0) !== round - 1
      await sleep(5)
    }
  })
  failed ||= readGeneration(0) !== round
  const other = await watch(() => workOnOther(tookMs))
  const isWithin = turnMs <= allowedMs
  failed ||= !isWithin
  print(`rotation ${round - 1}: complete after`, `${Math.round(tookMs)} ms`)
  print('longest stall', `${stallMs.toFixed(1)} ms`)
  print('longest stall with as much other work', `${other.stallMs.toFixed(1)} ms`)
  print('most CPU time of a turn', `${turnMs.toFixed(1)} ms (at most ${allowedMs})${isWithin ? '' : ' EXCEEDED'}`)
}
keys.close()
process.exitCode = failed ? 1 : 0
