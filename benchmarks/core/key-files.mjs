import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeRow } from './rows.mjs'

const perFile = 100_000

/** Measures the first reading of key files, which a process does once. */
export function measureKeyFiles() {
  return [measureLoad(perFile, 15), measureLoad(10 * perFile, 5)]
}

/** @param {number} accounts @param {number} rounds */
function measureLoad(accounts, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-key-file-'))
  try {
    for (let first = 0; first < accounts; first += perFile) writeKeys(join(folder, `${first}.json`), first)
    // A folder is merged into one table, which a single file is already.
    const path = accounts === perFile ? join(folder, '0.json') : folder
    const times = Array.from({ length: rounds }, () => load(path))
    return makeRow(`${accounts.toLocaleString('en')} accounts`, times, { format: (ms) => `${ms.toFixed(0)} ms` })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** @param {string} path @param {number} first */
function writeKeys(path, first) {
  const toHex = (/** @type {number} */ number) => number.toString(16).padStart(32, '0')
  const rows = Array.from({ length: perFile }, (_, index) => [`AC${toHex(first + index)}`, toHex(first + index)])
  writeFileSync(path, JSON.stringify({ accounts: Object.fromEntries(rows) }), { mode: 0o600 })
}

/** @param {string} path @returns {number} milliseconds of CPU time */
function load(path) {
  const program = `import { fileKeys } from 'tollgate/keys'
    const start = process.cpuUsage()
    const keys = fileKeys(process.argv[1])
    const { user, system } = process.cpuUsage(start)
    keys.close()
    console.log((user + system) / 1000)`
  const args = ['--input-type=module', '--eval', program, path]
  return Number(execFileSync(process.execPath, args, { cwd: fileURLToPath(new URL('.', import.meta.url)) }))
}
