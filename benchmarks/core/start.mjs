import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeRow } from './rows.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** @param {string[]} args */
function runNode(args) {
  return Number(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }))
}

/** @param {string} name @returns {number} milliseconds of CPU time */
function importCold(name) {
  const program = `const start = process.cpuUsage(); await import('${name}')
    const { user, system } = process.cpuUsage(start); console.log((user + system) / 1000)`
  return runNode(['--input-type=module', '--eval', program])
}

/** Measures the cold import, which a process pays once. */
export function measureImport({ rounds = 15 } = {}) {
  const names = ['tollgate', 'tollgate/express', 'twilio', 'node:crypto']
  const times = Array.from({ length: rounds }, () => names.map(importCold))
  const format = (/** @type {number} */ figure) => `${figure.toFixed(1)} ms`
  const [own = [], express = [], twilio = [], native = []] = names.map((_, column) =>
    times.map((round) => round[column] ?? Number.NaN),
  )
  return [
    makeRow('cold import', own, { twilio, format }),
    makeRow('cold import of tollgate/express', express, { format }),
    makeRow('cold import of node:crypto alone', native, { format }),
  ]
}

const command = new URL('../../packages/cli/dist/bin.js', import.meta.url)

/**
 * Runs a program of Node.js to its end.
 * @param {string} program @param {readonly string[]} words
 * @returns {number} milliseconds of CPU time, with the start of Node.js
 */
function runWhole(program, words) {
  const measured = `process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    process.stderr.write(String((user + system) / 1000))
  })
  ${program}`
  const args = ['--input-type=module', '--eval', measured, 'tollgate', ...words]
  return Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr)
}

/** Measures the help of the command line, with the start of Node.js. */
export function measureHelp({ rounds = 15 } = {}) {
  const runs = ['--help', 'verify --help'].map((words) => ({
    what: `tollgate ${words}`,
    run: () => runWhole(`await import('${command}')`, words.split(' ')),
  }))
  const all = [...runs, { what: 'Node.js without a program', run: () => runWhole('', []) }]
  const times = Array.from({ length: rounds }, () => all.map(({ run }) => run()))
  const format = (/** @type {number} */ figure) => `${figure.toFixed(0)} ms`
  return all.map(({ what }, column) =>
    makeRow(
      what,
      times.map((round) => round[column] ?? Number.NaN),
      { format },
    ),
  )
}

/** Measures the growth of the heap per request, and the part that stays after a collection. */
export function measureMemory({ rounds = 3 } = {}) {
  const measure = (/** @type {string} */ what) =>
    Array.from({ length: rounds }, () =>
      runNode(['--expose-gc', '--max-semi-space-size=128', '--min-semi-space-size=128', 'memory.mjs', what]),
    )
  const format = (/** @type {number} */ figure) => `${(figure / 1024).toFixed(1)} KB`
  return [
    makeRow('memory per request, from bytes', measure('verify'), { twilio: measure('twilio'), format }),
    makeRow('memory that stays per request', measure('kept'), { budget: { most: 8 }, format }),
  ]
}
