import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

// Runs the suites that `npm test` leaves out: runtimes, proxies, and frameworks that are installed
// and built in their own projects. The other conformance suites run too, for the tables in docs/.
// The files run one after another, because they start servers and measure time.
const command =
  'vitest run --project heavy --project conformance --no-file-parallelism --reporter=default --reporter=json'

await setUp()
const directory = mkdtempSync(join(tmpdir(), 'tollgate-test-all-'))
const report = join(directory, 'report.json')
const code = await run(`${command} --outputFile.json=${report}`)
const { numPassedTests = 0, numFailedTests = 0 } = readReport()
rmSync(directory, { recursive: true, force: true })

console.log('\n== Tables of frameworks, runtimes and proxies')
const tables = (await run('node tools/reports.mjs --check')) === 0

// A file that does not load fails the run without a failed test.
const failed = (code !== 0 && numFailedTests === 0 ? 1 : numFailedTests) + (tables ? 0 : 1)
console.log(`\n${numPassedTests} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** @returns {{ numPassedTests?: number, numFailedTests?: number }} */
function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return {}
  }
}
