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
 * Lists impossible cases with their reasons. Names with the same reasons share one entry.
 * @param {Row[]} rows
 */
function renderExceptions(rows) {
  /** @type {Map<string, string[]>} */
  const namesOf = new Map()
  for (const name of listDistinct(rows.map((row) => row.name))) {
    const reasons = renderReasons(rows.filter((row) => row.name === name))
    if (reasons !== '') namesOf.set(reasons, [...(namesOf.get(reasons) ?? []), name])
  }
  return [...namesOf].map(([reasons, names]) => `- ${names.join('; ')}\n${reasons}`).join('\n')
}

/** @param {Row[]} rows */
function renderReasons(rows) {
  const own = rows.flatMap(({ exceptions }) => Object.entries(exceptions)).sort()
  const reasons = listDistinct(own.map(([, reason]) => reason)).map((reason) => {
    const cases = listDistinct(own.filter(([, because]) => because === reason).map(([title]) => `\`${title}\``))
    return `  - ${reason}: ${cases.join(', ')}`
  })
  return reasons.join('\n')
}

/** @param {string} heading @param {Row[]} rows */
function renderSection(heading, rows) {
  const exceptions = renderExceptions(rows)
  const intro =
    'A case that a platform makes impossible counts as neither passed nor failed. If it passes in a later version, the run fails.'
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
  const about = `Every runtime loads the packed library by its own rules. The column HMAC shows which provider it gets: \`node:crypto\` or the
pure one. The suites are: every published vector and fixture, also with one change (vectors); the contract of
\`createVerifier\` (verifier); attacks that need no server (attacks); the adapters over real sockets, with their attacks
(fetch adapter, node adapter); loading by \`import\` and, where possible, by \`require\` (entry points).`
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
