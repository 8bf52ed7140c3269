import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages } from './pack.mjs'
import { run } from './run.mjs'

/**
 * A heading, and a command: a check that passes or fails, or a run of Vitest with its own counts.
 */
/** @typedef {readonly [heading: string, command: string]} Step */

// The steps of an inner list run beside each other.

/** What `npm test` runs before each commit. @type {readonly (readonly Step[])[]} */
export const quickSteps = [
  [
    ['Build', 'node tools/setup.mjs'],
    ['Format and lint', 'npm run lint'],
  ],
  [
    ['Types', 'npm run types'],
    ['Arrows between modules', 'npm run deps'],
    ['Size', 'npm run size'],
  ],
  [['Tests', 'vitest run --project unit --project conformance --project shells --project tools']],
]

/** @param {string} name */
function checkTypes(name) {
  const profile = name === 'tollgate' ? '' : ' --profile esm-only'
  return `attw --pack packages/${name}${profile} --format table-flipped`
}

/** What only `npm run test:all` runs. @type {readonly (readonly Step[])[]} */
export const slowSteps = [
  [
    // Not before each commit: it reads every file again, and an unused export breaks nothing.
    ['Unused files, exports and dependencies', 'knip'],
    ...packages.map((name) => /** @type {Step} */ ([`publint: ${name}`, `publint --strict packages/${name}`])),
    ...packages.map((name) => /** @type {Step} */ ([`Are the types wrong: ${name}`, checkTypes(name)])),
  ],
  [['Slow tests', 'vitest run --project heavy --project package']],
  [['Tables of frameworks, runtimes and proxies', 'node tools/reports.mjs --check']],
]

const count = { passed: 0, failed: 0 }

/**
 * Runs every step, prints how many checks and tests passed and failed, and sets the exit code.
 * @param {readonly (readonly Step[])[]} groups
 */
export async function runSteps(groups) {
  for (const group of groups) {
    const waiting = [...group]
    const runNext = async () => {
      for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await runStep(step)
    }
    await Promise.all(Array.from({ length: availableParallelism() }, runNext))
  }
  console.log(`\n${count.passed} passed, ${count.failed} failed`)
  process.exitCode = count.failed === 0 ? 0 : 1
}

/** @param {Step} step */
async function runStep([heading, command]) {
  console.log(`\n== ${heading}`)
  const start = performance.now()
  const { passed, failed } = command.startsWith('vitest') ? await runTests(command) : await runCheck(command)
  count.passed += passed
  count.failed += failed
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`-- ${heading}: ${failed === 0 ? 'ok' : 'FAILED'}, ${seconds} s`)
}

/** @param {string} command */
async function runCheck(command) {
  const code = await run(command, { quiet: true })
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** @param {string} command */
async function runTests(command) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  const report = join(folder, 'report.json')
  const code = await run(`${command} --reporter=default --reporter=json --outputFile.json=${report}`)
  const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = readReport(report)
  rmSync(folder, { recursive: true, force: true })
  // A file that does not load fails the run without a failed test.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

/** @param {string} report @returns {{ numPassedTests?: number, numFailedTests?: number }} */
function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return {}
  }
}
