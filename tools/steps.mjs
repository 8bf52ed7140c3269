import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.mjs'

/** A heading, and a command: a check that passes or fails, or a run of Vitest with its own counts. */
/** @typedef {readonly [heading: string, command: string]} Step */

/** What `npm test` runs before each commit. @type {readonly Step[]} */
export const quickSteps = [
  ['Format and lint', 'npm run lint'],
  ['Build', 'node tools/setup.mjs'],
  ['Types', 'npm run types'],
  ['Unused files, exports and dependencies', 'npm run knip'],
  ['Arrows between modules', 'npm run deps'],
  ['Size', 'npm run size'],
  ['Tests', 'vitest run --project unit --project conformance --project shells --project tools'],
]

/** What only `npm run test:all` runs. @type {readonly Step[]} */
export const slowSteps = [
  ['Package: publint', 'npm run publint'],
  ['Package: are the types wrong', 'npm run attw'],
  ['Slow tests', 'vitest run --project heavy --project package'],
  ['Tables of frameworks, runtimes and proxies', 'node tools/reports.mjs --check'],
]

/**
 * Runs every step, prints how many checks and tests passed and failed, and sets the exit code.
 * @param {readonly Step[]} steps
 */
export async function runSteps(steps) {
  const reports = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  const count = { passed: 0, failed: 0 }
  for (const [heading, command] of steps) {
    console.log(`\n== ${heading}`)
    const start = performance.now()
    const { passed, failed } = await runStep(command, join(reports, 'report.json'))
    count.passed += passed
    count.failed += failed
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`-- ${heading}: ${failed === 0 ? 'ok' : 'FAILED'}, ${seconds} s`)
  }
  rmSync(reports, { recursive: true, force: true })
  console.log(`\n${count.passed} passed, ${count.failed} failed`)
  process.exitCode = count.failed === 0 ? 0 : 1
}

/** @param {string} command @param {string} report */
async function runStep(command, report) {
  const isCheck = !command.startsWith('vitest')
  const code = await run(
    isCheck ? command : `${command} --reporter=default --reporter=json --outputFile.json=${report}`,
  )
  if (isCheck) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }
  const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = takeReport(report)
  // A file that does not load fails the run without a failed test.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

/** @param {string} report @returns {{ numPassedTests?: number, numFailedTests?: number }} */
function takeReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return {}
  } finally {
    rmSync(report, { force: true })
  }
}
