import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'
import { installWhenNeeded } from '../setup.mjs'
import { explained } from './survivors.mjs'

/**
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{ status: string, replacement?: string, location: { start: Position, end: Position } }} Mutant
 * @typedef {{ file: string, line: number, from: string, to: string, because: string | undefined }} Survivor
 */

const page = join(root, 'docs/mutation.md')
const report = join(root, 'node_modules/.cache/tollgate/mutation.json')
const killed = new Set(['Killed', 'Timeout'])
const alive = new Set(['Survived', 'NoCoverage'])

/** @param {string} source @param {Mutant['location']} location */
function sliceSource(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  if (lines.length === 1) return (lines[0] ?? '').slice(start.column - 1, end.column - 1)
  const last = lines.pop() ?? ''
  return [(lines.shift() ?? '').slice(start.column - 1), ...lines, last.slice(0, end.column - 1)].join('\n')
}

/** @param {string} file @param {string} source @param {Mutant} mutant @returns {Survivor} */
function describe(file, source, { location, replacement = '' }) {
  const from = sliceSource(source, location)
  const reason = explained.find(
    (one) => file.endsWith(one.file) && one.from.test(from) && (one.to?.test(replacement) ?? true),
  )
  return { file, line: location.start.line, from, to: replacement, because: reason?.because }
}

function readReport() {
  /** @type {{ files: Record<string, { source: string, mutants: Mutant[] }> }} */
  const { files } = JSON.parse(readFileSync(report, 'utf8'))
  return Object.entries(files).map(([path, { source, mutants }]) => {
    const file = path.replace('packages/tollgate/src/', '')
    const dead = mutants.filter(({ status }) => killed.has(status)).length
    const survivors = mutants.filter(({ status }) => alive.has(status)).map((mutant) => describe(file, source, mutant))
    return { file, dead, survivors }
  })
}

/** @param {string} code */
function showCode(code) {
  const line = code.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return `\`${line.length > 60 ? `${line.slice(0, 57)}…` : line}\``.replace('``', '` `')
}

/** @param {number} dead @param {number} all */
function showScore(dead, all) {
  return all === 0 ? '' : `${((100 * dead) / all).toFixed(1)} %`
}

/** @param {ReturnType<typeof readReport>} rows */
function renderTable(rows) {
  const lines = rows.map(({ file, dead, survivors }) => {
    const equal = survivors.filter(({ because }) => because).length
    const all = dead + survivors.length
    return `| ${file} | ${all} | ${dead} | ${equal} | ${survivors.length - equal} | ${showScore(dead, all)} | ${showScore(dead, all - equal)} |`
  })
  const sum = (/** @type {(row: typeof rows[number]) => number} */ pick) =>
    rows.reduce((total, row) => total + pick(row), 0)
  const dead = sum((row) => row.dead)
  const left = sum((row) => row.survivors.length)
  const equal = sum((row) => row.survivors.filter(({ because }) => because).length)
  return [
    '| file | mutants | noticed | behave the same | not noticed | score | of those that differ |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    `| **in all** | ${dead + left} | ${dead} | ${equal} | ${left - equal} | ${showScore(dead, dead + left)} | ${showScore(dead, dead + left - equal)} |`,
  ].join('\n')
}

/** @param {ReturnType<typeof readReport>} rows */
function renderPage(rows) {
  const survivors = rows.flatMap((row) => row.survivors)
  const lines = survivors.map(
    ({ file, line, from, to, because }) =>
      `| ${file}:${line} | ${showCode(from)} | ${showCode(to)} | ${because ?? 'not noticed'} |`,
  )
  return `# Mutation tests

\`npm run mutation\` changes the code in small ways, one at a time, and runs the unit tests against each change: one that no test
notices points at a test that is missing, or at code that makes no difference. Written by that command.

${renderTable(rows)}

## What was not noticed

| where | the code | changed into | why |
| --- | --- | --- | --- |
${lines.join('\n')}
`
}

await installWhenNeeded()
const code = await run('stryker run')
const rows = readReport()
console.log(renderTable(rows))
writeFileSync(page, renderPage(rows))
process.exitCode = code
