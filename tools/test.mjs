import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.mjs'
import { installWhenNeeded } from './setup.mjs'

const checks = [
  ['Format and lint', 'npm run lint'],
  ['Build', 'npm run build'],
  ['Types', 'npm run types'],
  ['Package: publint', 'npm run publint'],
  ['Package: are the types wrong', 'npm run attw'],
  ['Package: unused files, exports and dependencies', 'npm run knip'],
  ['Package: arrows between modules', 'npm run deps'],
  ['Package: size', 'npm run size'],
]

const suites = [
  ['Tests', 'vitest run --project unit --project conformance --project shells --project tools --coverage'],
  ['Packaging tests', 'vitest run --project package'],
]

const count = { passed: 0, failed: 0 }

/** @param {string} heading @param {() => Promise<void>} work */
async function runStep(heading, work) {
  console.log(`\n== ${heading}`)
  const start = performance.now()
  const failedBefore = count.failed
  await work()
  const outcome = count.failed === failedBefore ? 'ok' : 'FAILED'
  console.log(`-- ${heading}: ${outcome}, ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

/** @param {string} command */
async function runCheck(command) {
  const code = await run(command)
  count[code === 0 ? 'passed' : 'failed'] += 1
}

/** @param {string} command @param {string} report */
async function runSuite(command, report) {
  const code = await run(`${command} --reporter=default --reporter=json --outputFile.json=${report}`)
  const { numPassedTests = 0, numFailedTests = 0 } = readReport(report)
  count.passed += numPassedTests
  // A file that does not load, or coverage under its threshold, fails the run without a failed
  // test.
  count.failed += code !== 0 && numFailedTests === 0 ? 1 : numFailedTests
}

/** @param {string} report @returns {{ numPassedTests?: number, numFailedTests?: number }} */
function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return {}
  }
}

await installWhenNeeded()
const reports = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
for (const [heading = '', command = ''] of checks) await runStep(heading, () => runCheck(command))
for (const [index, [heading = '', command = '']] of suites.entries())
  await runStep(heading, () => runSuite(command, join(reports, `${index}.json`)))
rmSync(reports, { recursive: true, force: true })

console.log(`\n${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed === 0 ? 0 : 1
