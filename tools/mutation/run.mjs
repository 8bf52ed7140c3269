import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'
import { installWhenNeeded } from '../setup.mjs'
import { renderPage, renderTable } from './page.mjs'
import { listIntolerable, listStale, readRows } from './report.mjs'
import { explained } from './survivors.mjs'

const report = join(root, 'node_modules/.cache/tollgate/mutation.json')

/** @param {string} title @param {readonly { file: string, from: string, to: string }[]} changes */
function complain(title, changes) {
  if (changes.length === 0) return
  console.error(`\n${title}`)
  for (const { file, from, to } of changes) console.error(`  ${file}: ${from}  =>  ${to}`)
}

/**
 * Tests all files, or only the given ones:
 * `npm run mutation -- packages/tollgate/src/form.ts`. It writes the page only
 * if it tested all files.
 */
async function main(/** @type {string[]} */ files) {
  await installWhenNeeded()
  const code = await run(['stryker run', ...(files.length === 0 ? [] : ['--mutate', files.join(',')])].join(' '))
  if (code !== 0) throw new Error('StrykerJS failed.')
  const rows = readRows(JSON.parse(readFileSync(report, 'utf8')), explained)
  console.log(renderTable(rows))
  const intolerable = listIntolerable(rows)
  complain('Neither noticed nor explained:', intolerable)
  if (intolerable.length > 0) process.exitCode = 1
  if (files.length > 0) return
  writeFileSync(join(root, 'docs/mutation.md'), renderPage(rows))
  // This is not a failure: on a busy machine, a change that only makes the code slower may time
  // out.
  complain('Explained, but noticed or gone:', listStale(rows, explained))
}

await main(process.argv.slice(2))
