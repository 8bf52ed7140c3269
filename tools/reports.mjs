import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'
import { readReports } from './write-report.mjs'

// Writes docs/frameworks.md and docs/runtimes.md. With `--check` it fails if a figure of the page is missing now, because
// then a suite did not run.

/** @typedef {import('./write-report.mjs').ReportRow} Row */

/** @template T @param {T[]} list */
function listDistinct(list) {
  return [...new Set(list)]
}

/**
 * Renders a table with one line per name and one column per suite, and the reasons for impossible cases.
 * @param {string} heading
 * @param {Row[]} rows
 */
function renderTable(heading, rows) {
  const suites = listDistinct(rows.map(({ suite }) => suite))
  const has = (/** @type {'version' | 'hmac'} */ column) => rows.some((row) => row[column] !== undefined)
  const lines = listDistinct(rows.map(({ name }) => name)).map((name) => {
    const own = rows.filter((row) => row.name === name)
    const about = [
      name,
      ...(has('version') ? [own[0]?.version ?? ''] : []),
      ...(has('hmac') ? [own[0]?.hmac ?? ''] : []),
    ]
    return [...about, ...suites.map((suite) => renderCell(own.filter((row) => row.suite === suite)))]
  })
  const head = [heading, ...(has('version') ? ['version'] : []), ...(has('hmac') ? ['HMAC'] : []), ...suites]
  const table = [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.map((cell) => cell.replace(/[|*]/g, '\\$&')).join(' | ')} |`)
    .join('\n')
  const intro = 'A case that a platform makes impossible counts as neither passed nor failed. These are the reasons:'
  const exceptions = renderExceptions(rows)
  return exceptions === '' ? table : [table, intro, exceptions].join('\n\n')
}

/** @param {Row[]} rows of one name and suite */
function renderCell(rows) {
  const passed = rows.reduce((sum, row) => sum + row.passed, 0)
  return passed === 0 ? '' : passed.toLocaleString('en')
}

/**
 * Set-ups of one framework share an entry, and so do names with the same reasons. The lists of exceptions in
 * `conformance/` name the cases.
 * @param {Row[]} rows
 */
function renderExceptions(rows) {
  /** @type {Map<string, string[]>} */
  const namesOf = new Map()
  // The framework and its version, without the set-up.
  const getSubject = (/** @type {Row} */ { name }) => /^(?:ws: )?[^,:]*/.exec(name)?.[0] ?? name
  for (const name of listDistinct(rows.map(getSubject))) {
    const own = rows.filter((row) => getSubject(row) === name)
    const reasons = listDistinct(own.flatMap(({ exceptions }) => Object.values(exceptions).sort())).join('; ')
    if (reasons !== '') namesOf.set(reasons, [...(namesOf.get(reasons) ?? []), name])
  }
  return [...namesOf].map(([reasons, names]) => `- **${names.join('; ')}**: ${reasons}.`).join('\n')
}

const origin =
  '`node tools/reports.mjs` writes this page from the last results of `npm run test:all`. Figures are conformance cases passed.'
const about = `Every runtime loads the packed library by its own rules. HMAC shows which provider it gets: \`node:crypto\` or the pure
one. Entry points are loaded by \`import\` and, where possible, by \`require\`.`

/** The names of the figures in the tables of a page: the first cell, and the number of the column. @param {string} page */
function listFigures(page) {
  return [...page.matchAll(/^\| (?!---)(.*) \|$/gm)].flatMap(([, line = '']) => {
    const [name, ...cells] = line.split(' | ')
    return cells.flatMap((cell, column) => (cell === '' ? [] : [`${name}, column ${column + 2}`]))
  })
}

const all = readReports()
const select = (/** @type {Row['table']} */ table) => all.filter((row) => row.table === table)
const pages = {
  'docs/frameworks.md': ['# Frameworks', origin, renderTable('adapter', select('frameworks'))],
  'docs/runtimes.md': [
    '# Runtimes and proxies',
    origin,
    '## Runtimes',
    about,
    renderTable('runtime', select('runtimes')),
    '## Proxies',
    renderTable('proxy', select('proxies')),
  ],
}
for (const [page, parts] of Object.entries(pages)) {
  const file = join(root, page)
  const text = `${parts.join('\n\n')}\n`
  const figures = listFigures(text)
  const missing = listFigures(readFileSync(file, 'utf8')).filter((figure) => !figures.includes(figure))
  for (const figure of missing) console.error(`missing: ${page}, ${figure}`)
  if (process.argv.includes('--check') && missing.length > 0) process.exitCode = 1
  else writeFileSync(file, text)
}
