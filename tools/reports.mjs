import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expected } from './expected-reports.mjs'
import { root } from './run.mjs'
import { readReports } from './write-report.mjs'

/** @typedef {import('./write-report.d.mts').ReportRow} Row */
/** @typedef {Row['table']} Table */

/** @param {Row} row */
function labelOf(row) {
  return `${row.name} ${row.version}`
}

/** @template T @param {T[]} list */
function listDistinct(list) {
  return [...new Set(list)]
}

/**
 * Renders a table with one line per name and version, and one column per suite.
 * @param {string} heading
 * @param {Row[]} rows
 */
function renderTable(heading, rows) {
  const suites = listDistinct(rows.map(({ suite }) => suite))
  const hasHmac = rows.some(({ hmac }) => hmac)
  const lines = listDistinct(rows.map(labelOf)).map((label) => {
    const own = rows.filter((row) => labelOf(row) === label)
    const cells = suites.map((suite) => renderCell(own.filter((row) => row.suite === suite)))
    const names = [own[0]?.name ?? '', own[0]?.version ?? '', ...(hasHmac ? [own[0]?.hmac ?? ''] : [])]
    return [...names.map(escapeCell), ...cells, ...(suites.length > 1 ? [renderCell(own)] : [])]
  })
  const head = [heading, 'version', ...(hasHmac ? ['HMAC'] : []), ...suites, ...(suites.length > 1 ? ['in all'] : [])]
  return [head.map(escapeCell), head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {string} text */
function escapeCell(text) {
  return text.replace(/[|*]/g, '\\$&')
}

/** @param {Row[]} rows */
function renderCell(rows) {
  if (rows.length === 0) return ''
  const failed = sum(rows.map((row) => row.failed))
  const passed = sum(rows.map((row) => row.passed)).toLocaleString('en')
  return failed === 0 ? passed : `${passed}, **${failed} failed**`
}

/** @param {number[]} figures */
function sum(figures) {
  return figures.reduce((total, figure) => total + figure, 0)
}

/**
 * Lists the reasons for impossible cases. Set-ups of one framework share an entry, and so do names
 * with the same reasons. The lists of exceptions in `conformance/` name the cases.
 * @param {Row[]} rows
 */
function renderExceptions(rows) {
  /** @type {Map<string, string[]>} */
  const namesOf = new Map()
  for (const name of listDistinct(rows.map(getSubject))) {
    const own = rows.filter((row) => getSubject(row) === name)
    const reasons = listDistinct(own.flatMap(({ exceptions }) => Object.values(exceptions).sort())).join('; ')
    if (reasons !== '') namesOf.set(reasons, [...(namesOf.get(reasons) ?? []), name])
  }
  return [...namesOf].map(([reasons, names]) => `- **${names.join('; ')}**: ${reasons}.`).join('\n')
}

/** Returns the framework and its version, without the set-up. @param {Row} row */
function getSubject({ name }) {
  return /^(?:ws: )?[^,:]*/.exec(name)?.[0] ?? name
}

/** @param {string} heading @param {Row[]} rows */
function renderSection(heading, rows) {
  const exceptions = renderExceptions(rows)
  const intro = 'A case that a platform makes impossible counts as neither passed nor failed. These are the reasons:'
  return renderTable(heading, rows) + (exceptions === '' ? '' : `\n\n${intro}\n\n${exceptions}`)
}

const origin =
  '`node tools/reports.mjs` writes this page from the last results of `npm run test:all`. Figures are conformance cases passed.'

/** @param {Row[]} rows @param {Table} table */
function selectTable(rows, table) {
  return rows.filter((row) => row.table === table)
}

/** @param {Row[]} rows */
function renderRuntimes(rows) {
  const proxies = selectTable(rows, 'proxies')
  const about = `Every runtime loads the packed library by its own rules. HMAC shows which provider it gets: \`node:crypto\` or the pure
one. Entry points are loaded by \`import\` and, where possible, by \`require\`.`
  return [
    '# Runtimes and proxies',
    origin,
    '## Runtimes',
    about,
    renderSection('runtime', selectTable(rows, 'runtimes')),
    ...(proxies.length === 0 ? [] : ['## Proxies', renderSection('proxy', proxies)]),
  ].join('\n\n')
}

/** @param {Row[]} rows */
function renderFrameworks(rows) {
  return ['# Frameworks', origin, renderSection('adapter', rows)].join('\n\n')
}

/**
 * Lists missing and failed suites.
 * @param {Row[]} rows
 */
function listProblems(rows) {
  const failed = rows.filter((row) => row.failed > 0 || row.passed === 0)
  const missing = /** @type {[Table, Record<string, string[]>][]} */ (Object.entries(expected)).flatMap(
    ([table, names]) =>
      Object.entries(names).flatMap(([name, suites]) =>
        suites
          .filter((suite) => !rows.some((row) => row.table === table && row.suite === suite && isNamed(row, name)))
          .map((suite) => `missing: ${table}, ${name}: ${suite}`),
      ),
  )
  return [...failed.map((row) => `failed: ${row.table}, ${labelOf(row)}: ${row.suite} (${row.failed})`), ...missing]
}

/**
 * Returns true if the row has this name. A framework's set-up may follow, as in "nest 11, Express",
 * but not a platform.
 * @param {Row} row
 * @param {string} name
 */
function isNamed(row, name) {
  if (!/^(frameworks|hostile)$/.test(row.table) || row.name === name) return row.name === name
  return row.name.startsWith(name) && /^[,:]/.test(row.name.slice(name.length))
}

const rows = readReports()
const frameworks = selectTable(rows, 'frameworks')
if (rows.some(({ table }) => table === 'runtimes'))
  writeFileSync(join(root, 'docs/runtimes.md'), `${renderRuntimes(rows)}\n`)
if (frameworks.length > 0) writeFileSync(join(root, 'docs/frameworks.md'), `${renderFrameworks(frameworks)}\n`)

const problems = listProblems(rows)
for (const problem of problems) console.error(problem)
if (process.argv.includes('--check') && problems.length > 0) process.exitCode = 1
