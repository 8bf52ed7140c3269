import { describe, expect, test } from 'vitest'
import config from '../../stryker.config.mjs'
import { renderPage } from '../mutation/page.mjs'
import { listIntolerable, listStale, readRows } from '../mutation/report.mjs'
import { explained as reasons } from '../mutation/survivors.mjs'
import { listFiles } from './list-files.ts'

const source = `if (a < b) {
  return undefined
}`

function mutant(status: string, replacement: string, line: number, from: number, end: [line: number, column: number]) {
  return {
    status,
    replacement,
    location: { start: { line, column: from }, end: { line: end[0], column: end[1] } },
  }
}

const mutants = [
  mutant('Killed', 'a > b', 1, 5, [1, 10]),
  mutant('Timeout', 'true', 1, 5, [1, 10]),
  mutant('Survived', 'a <= b', 1, 5, [1, 10]),
  mutant('NoCoverage', '{}', 1, 12, [3, 2]),
  mutant('CompileError', '', 1, 1, [3, 2]),
]
const report = { files: { 'packages/tollgate/src/schemes/twilio/sign/one.ts': { source, mutants } } }
const explained = [
  { file: 'schemes/twilio/sign/one.ts', because: 'They are never equal', changes: [['a < b', 'a <= b']] as const },
]

describe('a report of mutants', () => {
  const rows = readRows(report, explained)

  test('counts noticed changes, and lists survivors with their code on one line', () => {
    expect(rows).toEqual([
      {
        file: 'schemes/twilio/sign/one.ts',
        noticed: 2,
        survivors: [
          { from: 'a < b', to: 'a <= b', because: 'They are never equal' },
          { from: '{ return undefined }', to: '{}', because: undefined },
        ],
      },
    ])
  })

  test('does not tolerate a survivor of the scheme without a reason', () => {
    expect(listIntolerable(rows).map(({ from }) => from)).toEqual(['{ return undefined }'])
    const elsewhere = { files: { 'packages/tollgate/src/replay/one.ts': { source, mutants } } }
    expect(listIntolerable(readRows(elsewhere, explained))).toEqual([])
    const core = { files: { 'packages/tollgate/src/verify/verifier.ts': { source, mutants } } }
    expect(listIntolerable(readRows(core, explained))).toHaveLength(2)
  })

  test('a reason that explains no survivor is stale', () => {
    expect(listStale(rows, explained)).toEqual([])
    const gone = { file: 'schemes/twilio/sign/gone.ts', because: 'It is gone', changes: [['a', 'b']] as const }
    expect(listStale(rows, [...explained, gone])).toEqual([{ file: 'schemes/twilio/sign/gone.ts', from: 'a', to: 'b' }])
  })

  test('is shown in a table and a list', () => {
    const page = renderPage(rows)
    expect(page).toContain('| schemes/twilio/sign/one.ts | 4 | 2 | 1 | 1 | 50.0 % | 66.7 % |')
    expect(page).not.toContain('`a <= b`')
    expect(page).toContain('**schemes/twilio/sign/one.ts**\n\n- `{ return undefined }` into `{}`\n')
    expect(renderPage([])).toContain('Nothing.')
  })
})

describe('the configuration', () => {
  const patterns = (config.mutate ?? []).map(String)

  test.each(patterns)('%s matches a file', (pattern) => {
    expect(listFiles(pattern)).not.toEqual([])
  })

  test('every reason is about a file that is mutated', () => {
    const mutated = listFiles(...patterns).map((path) => path.replace('packages/tollgate/src/', ''))
    expect(reasons.map(({ file }) => file).filter((file) => !mutated.includes(file))).toEqual([])
  })
})
