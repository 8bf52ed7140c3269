import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeRow, quantile } from './rows.mjs'

const perFile = 100_000

/**
 * Measures the first reading of key files, which a process does once. The unit is one `JSON.parse` of
 * the same files.
 */
export function measureKeyFiles() {
  return [measureLoad(perFile, 15, 1.7), measureLoad(10 * perFile, 5, 2.2)]
}

/** @param {number} accounts @param {number} rounds @param {number} most */
function measureLoad(accounts, rounds, most) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-key-file-'))
  try {
    for (let first = 0; first < accounts; first += perFile) writeKeys(join(folder, `${first}.json`), first)
    // A folder is merged into one table, which a single file is already.
    const path = accounts === perFile ? join(folder, '0.json') : folder
    const times = Array.from({ length: rounds }, () => ({ own: runNew(load, path), least: runNew(parse, folder) }))
    const middle = quantile(times.map(({ least }) => least))
    const format = (/** @type {number} */ ratio) => `${ratio.toFixed(2)} × (${(ratio * middle).toFixed(0)} ms)`
    const ratios = times.map(({ own, least }) => own / least)
    return makeRow(`${accounts.toLocaleString('en')} accounts`, ratios, { format, budget: { most } })
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

const load = `const keys = fileKeys(process.argv[1])`
const parse = `for (const name of readdirSync(process.argv[1]))
  JSON.parse(readFileSync(join(process.argv[1], name), 'utf8'))`

/** @param {string} work @param {string} path @returns {number} milliseconds of CPU time in a new process */
function runNew(work, path) {
  const program = `import { readdirSync, readFileSync } from 'node:fs'
    import { join } from 'node:path'
    import { fileKeys } from 'tollgate/keys'
    const start = process.cpuUsage()
    ${work}
    const { user, system } = process.cpuUsage(start)
    console.log((user + system) / 1000)
    process.exit()`
  const args = ['--input-type=module', '--eval', program, path]
  return Number(execFileSync(process.execPath, args, { cwd: fileURLToPath(new URL('.', import.meta.url)) }))
}
