import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeRow, quantile } from './rows.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** @param {string[]} args @param {string} [cwd] */
function runNode(args, cwd = folder) {
  return Number(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }))
}

/**
 * Measures work in a new process.
 * @param {string} work @param {{ before?: string, cwd?: string }} [options] `before` does not count
 * @returns {number} milliseconds of CPU time
 */
function measureCold(work, { before = '', cwd } = {}) {
  const program = `${before}
    const start = process.cpuUsage()
    ${work}
    const { user, system } = process.cpuUsage(start)
    console.log((user + system) / 1000)`
  return runNode(['--input-type=module', '--eval', program], cwd)
}

const native = "import 'node:crypto'\n"

/** Makes imports that hold nothing of ours: a module, and two packages of one file. */
function makeFloors() {
  const floors = mkdtempSync(join(tmpdir(), 'tollgate-floors-'))
  writeFileSync(join(floors, 'module.mjs'), native)
  for (const [name, code] of Object.entries({ 'empty-package': '', 'crypto-package': native })) {
    const directory = join(floors, 'node_modules', name)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, type: 'module', exports: './index.js' }))
    writeFileSync(join(directory, 'index.js'), code)
  }
  return floors
}

const firstCheck = `const { RequestValidator } = await import('tollgate')
  new RequestValidator('${'0'.repeat(32)}').validate('https://example.com/sms', { Body: 'Hi' }, '${'A'.repeat(27)}=')`

/**
 * Measures the cold import, which a process pays once. The unit is a module that only imports
 * `node:crypto`, because milliseconds say little about another machine. Where it takes 5.3 ms, the
 * aim of 1.32 is 7 ms.
 */
export function measureImport({ rounds = 21 } = {}) {
  const cwd = makeFloors()
  const before = "await import('node:http'); await import('node:crypto')"
  /** @type {Record<string, () => number>} */
  const contenders = {
    own: () => measureCold("await import('tollgate')"),
    express: () => measureCold("await import('tollgate/express')"),
    later: () => measureCold("await import('tollgate')", { before }),
    checked: () => measureCold(firstCheck),
    twilio: () => measureCold("await import('twilio')"),
    native: () => measureCold("await import('node:crypto')", { cwd }),
    empty: () => measureCold("await import('empty-package')", { cwd }),
    package: () => measureCold("await import('crypto-package')", { cwd }),
  }
  /** @type {Record<string, number[]>} */
  const ratios = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  /** @type {number[]} */
  const units = []
  for (let round = 0; round < rounds; round++) {
    const start = units.length
    const times = Object.entries(contenders).map(([name, run]) => {
      units.push(measureCold("await import('./module.mjs')", { cwd }))
      return { name, time: run() }
    })
    const unit = quantile(units.slice(start))
    for (const { name, time } of times) ratios[name]?.push(time / unit)
  }
  rmSync(cwd, { recursive: true })
  const milliseconds = quantile(units)
  const format = (/** @type {number} */ ratio) => `${ratio.toFixed(2)} × (${(ratio * milliseconds).toFixed(1)} ms)`
  const { own = [], express = [], later = [], checked = [], twilio } = ratios
  return [
    makeRow('cold import', own, { twilio, format, budget: { most: 1.4, aim: 1.32 } }),
    makeRow('cold import of tollgate/express', express, { format, budget: { most: 1.6, aim: 1.32 } }),
    makeRow('import after node:http and node:crypto', later, { format }),
    makeRow('cold import and the first check', checked, { format }),
    makeRow('cold import of node:crypto alone', ratios.native ?? [], { format }),
    makeRow('cold import of an empty package', ratios.empty ?? [], { format }),
    makeRow('cold import of a package with node:crypto', ratios.package ?? [], { format }),
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
