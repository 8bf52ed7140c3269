import { createRequire } from 'node:module'
import { assert, assertEqual } from '../../kit/assert.ts'
import { defineSuite } from '../../kit/suite.ts'
import { findProvider, versionOf } from '../here.ts'
import { runReported } from '../run-reported.ts'

const require = createRequire(import.meta.url)
const { exports }: { exports: Record<string, unknown> } = require('tollgate/package.json')
// The matchers need a test runner. The packaging tests load them.
const skipped = ['./package.json', './testing/vitest', './testing/jest']
const names = Object.keys(exports).filter((name) => !skipped.includes(name))

const suite = defineSuite(
  'entry points',
  Object.fromEntries(
    names.map((name) => [name, () => checkEntry(name === '.' ? 'tollgate' : `tollgate/${name.slice(2)}`)]),
  ),
)
const suites = { 'entry points': await runReported([suite]) }
console.log(JSON.stringify({ version: versionOf(), provider: findProvider(), suites }))

/** Checks that both module systems load it, and find the same names. */
async function checkEntry(specifier: string): Promise<void> {
  const imported = listNames(await import(specifier))
  assert(imported.length > 0, 'has no exports')
  assertEqual(listNames(require(specifier)), imported, 'the names that require gives')
}

function listNames(module: object): string[] {
  return Object.keys(module).sort()
}
