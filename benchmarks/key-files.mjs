// Rotates 200,000 accounts with two tokens each in a folder of key files, and then as many as fit
// into one file. Prints the memory of the keys, the longest stall of the event loop by the clock,
// and the most CPU time of one turn of it. On a busy machine a stall includes the time in which the
// thread waits for a core, so the budget is for the rest of it. Exits with 1 if that or a turn is
// longer than 20 ms, or if the keys in use were incomplete at any moment.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileKeys } from 'tollgate/keys'
import { watchStalls, watchTurns } from './core/turns.mjs'

const rounds = 3
const allowedMs = 20

const folder = mkdtempSync(join(tmpdir(), 'tollgate-key-files-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

/** @param {number} number */
const accountSid = (number) => `AC${number.toString(16).padStart(32, '0')}`
/** @param {number} number */
const token = (number) => number.toString(16).padStart(32, '0')

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

/**
 * Writes key files.
 * @param {string} name a folder
 * @param {{ accounts: number, files: number }} size
 * @param {number} generation a number in each second token
 */
function publish(name, { accounts, files }, generation) {
  mkdirSync(join(folder, name))
  const perFile = accounts / files
  let bytes = 0
  for (let file = 0; file < files; file++) {
    const rows = Array.from({ length: perFile }, (_, index) => {
      const number = file * perFile + index
      return [accountSid(number), [token(number), token(generation * accounts + number)]]
    })
    const path = join(folder, name, `${file}.json`)
    writeFileSync(path, JSON.stringify({ accounts: Object.fromEntries(rows) }), { mode: 0o600 })
    bytes += statSync(path).size
  }
  return bytes
}

// The renames of a rotation would be a stall of the process that makes them.
const mover = `const { renameSync } = require('node:fs')
const [from, to, files] = process.argv.slice(1)
for (let file = 0; file < files; file++) renameSync(\`\${from}/\${file}.json\`, \`\${to}/\${file}.json\`)`

/**
 * Rotates the accounts, and prints what that costs.
 * @param {string} what a name for its folders
 * @param {{ accounts: number, files: number }} size
 * @returns {Promise<boolean>} true if everything is within its budget
 */
async function rotate(what, size) {
  const { accounts, files } = size
  const bytes = publish(what, size, 1)
  print('accounts, with two tokens each', accounts.toLocaleString('en'))
  print(files === 1 ? 'one file' : `${files} files`, formatMegabytes(bytes))
  const before = measureMemory()
  const start = performance.now()
  const keys = fileKeys(files === 1 ? join(folder, what, '0.json') : join(folder, what))
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

  let isRight = true
  for (let round = 2; round < 2 + rounds; round++) {
    publish(`${what}-${round}`, size, round)
    globalThis.gc?.()
    const child = spawn(process.execPath, [
      '-e',
      mover,
      join(folder, `${what}-${round}`),
      join(folder, what),
      `${files}`,
    ])
    const moved = once(child, 'exit')
    const stalls = watchStalls()
    const turns = watchTurns()
    const began = performance.now()
    while (readGeneration(accounts - 1) < round) {
      // The first and the last account must change together.
      isRight &&= readGeneration(0) === round - 1
      await sleep(5)
    }
    const tookMs = performance.now() - began
    const { clockMs, ownMs } = stalls.stop()
    const turnMs = await turns.stop()
    await moved
    isRight &&= readGeneration(0) === round && ownMs <= allowedMs && turnMs <= allowedMs
    print(`rotation ${round - 1}: complete after`, `${Math.round(tookMs)} ms`)
    print('longest stall by the clock', `${clockMs.toFixed(1)} ms`)
    print('longest stall without the wait for a core', judge(ownMs))
    print('most CPU time of a turn', judge(turnMs))
  }
  keys.close()
  return isRight
}

/** @param {number} ms */
function judge(ms) {
  return `${ms.toFixed(1)} ms (at most ${allowedMs})${ms <= allowedMs ? '' : ' EXCEEDED'}`
}

const inFolder = await rotate('folder', { accounts: 200_000, files: 20 })
// A file may have 16 MiB.
const inFile = await rotate('file', { accounts: 140_000, files: 1 })
process.exitCode = inFolder && inFile ? 0 : 1
