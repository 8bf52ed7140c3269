import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import settings from '../../stryker.config.mjs'
import { root, run } from '../run.mjs'
import { installWhenNeeded } from '../setup.mjs'
import { readPage, renderPage, renderTable } from './page.mjs'
import { listIntolerable, readRows, shortenName } from './report.mjs'

/** @typedef {import('./report.mjs').Row} Row */

const report = join(root, 'node_modules/.cache/tollgate/mutation.json')
const page = join(root, 'docs/mutation.md')

function listFiles() {
  const patterns = (settings.mutate ?? []).map((pattern) => `:(glob)${pattern}`)
  const files = execFileSync('git', ['ls-files', '--', ...patterns], { cwd: root, encoding: 'utf8' })
  return files.trim().split('\n').map(shortenName)
}

/** Puts new rows into the page, and drops those of files that are no longer in the list. @param {readonly Row[]} rows */
function updatePage(rows) {
  const listed = listFiles()
  const known = new Map([...readPage(readFileSync(page, 'utf8')), ...rows].map((row) => [row.file, row]))
  const kept = listed.flatMap((file) => known.get(file) ?? [])
  const untried = listed.filter((file) => !known.has(file))
  writeFileSync(page, renderPage(kept, untried))
}

/** Tries all files, or only the given ones: `npm run mutation -- packages/tollgate/src/form.ts`. */
async function main(/** @type {string[]} */ files) {
  await installWhenNeeded()
  const code = await run(['stryker run', ...(files.length === 0 ? [] : ['--mutate', files.join(',')])].join(' '))
  if (code !== 0) throw new Error('StrykerJS failed.')
  const found = new Map(readRows(JSON.parse(readFileSync(report, 'utf8'))).map((row) => [row.file, row]))
  const tried = files.length === 0 ? listFiles() : files.join(',').split(',').map(shortenName)
  // The report leaves out files without code that can change, such as types.
  const rows = tried.map((file) => found.get(file) ?? { file, noticed: 0, explained: 0, unnoticed: [] })
  console.log(renderTable(rows))
  const intolerable = listIntolerable(rows)
  for (const change of intolerable) console.error(`Neither noticed nor explained: ${change}`)
  if (intolerable.length > 0) process.exitCode = 1
  updatePage(rows)
}

await main(process.argv.slice(2))
