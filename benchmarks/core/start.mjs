import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeRow, quantile } from './rows.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** @param {string[]} args */
function runNode(args) {
  return Number(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }))
}

/**
 * Measures work in a new process.
 * @param {string} work
 * @returns {number} milliseconds of CPU time
 */
function measureCold(work) {
  const program = `const start = process.cpuUsage()
    ${work}
    const { user, system } = process.cpuUsage(start)
    console.log((user + system) / 1000)`
  return runNode(['--input-type=module', '--eval', program])
}

/**
 * Measures the cold import, which a process pays once. The unit is a module that only imports
 * `node:crypto`, because milliseconds say little about another machine. Where it takes 5.3 ms, the
 * aim of 1.32 is 7 ms.
 */
export function measureImport({ rounds = 21 } = {}) {
  /** @type {Record<string, () => number>} */
  const contenders = {
    own: () => measureCold("await import('tollgate')"),
    express: () => measureCold("await import('tollgate/express')"),
    twilio: () => measureCold("await import('twilio')"),
  }
  /** @type {Record<string, number[]>} */
  const ratios = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  /** @type {number[]} */
  const units = []
  for (let round = 0; round < rounds; round++) {
    const start = units.length
    const times = Object.entries(contenders).map(([name, run]) => {
      units.push(measureCold("await import('./native.mjs')"))
      return { name, time: run() }
    })
    const unit = quantile(units.slice(start))
    for (const { name, time } of times) ratios[name]?.push(time / unit)
  }
  const milliseconds = quantile(units)
  const format = (/** @type {number} */ ratio) => `${ratio.toFixed(2)} × (${(ratio * milliseconds).toFixed(1)} ms)`
  const { own = [], express = [], twilio } = ratios
  return [
    makeRow('cold import', own, { twilio, format, budget: { most: 1.4, aim: 1.32 } }),
    makeRow('cold import of tollgate/express', express, { format, budget: { most: 1.6, aim: 1.32 } }),
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

/** Measures the help of the command line, in starts of Node.js without a program. */
export function measureHelp({ rounds = 15 } = {}) {
  const runs = ['--help', 'verify --help'].map((words) => ({
    what: `tollgate ${words}`,
    run: () => runWhole(`await import('${command}')`, words.split(' ')),
  }))
  const times = Array.from({ length: rounds }, () => ({
    bare: runWhole('', []),
    own: runs.map(({ run }) => run()),
  }))
  const milliseconds = quantile(times.map(({ bare }) => bare))
  const format = (/** @type {number} */ ratio) => `${ratio.toFixed(2)} × (${(ratio * milliseconds).toFixed(0)} ms)`
  return runs.map(({ what }, column) =>
    makeRow(
      what,
      times.map(({ bare, own }) => (own[column] ?? Number.NaN) / bare),
      { format, budget: { most: 2 } },
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
