import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'
import { installWhenNeeded } from '../setup.mjs'
import { renderPage, renderTable } from './page.mjs'
import { listIntolerable, readRows } from './report.mjs'

const report = join(root, 'node_modules/.cache/tollgate/mutation.json')

/**
 * Tests all files, or only the given ones:
 * `npm run mutation -- packages/tollgate/src/form.ts`. It writes the page only
 * if it tested all files.
 */
async function main(/** @type {string[]} */ files) {
  await installWhenNeeded()
  const code = await run(['stryker run', ...(files.length === 0 ? [] : ['--mutate', files.join(',')])].join(' '))
  if (code !== 0) throw new Error('StrykerJS failed.')
  const rows = readRows(JSON.parse(readFileSync(report, 'utf8')))
  console.log(renderTable(rows))
  const intolerable = listIntolerable(rows)
  for (const { file, from, to } of intolerable)
    console.error(`Neither noticed nor explained: ${file}: ${from}  =>  ${to}`)
  if (intolerable.length > 0) process.exitCode = 1
  if (files.length === 0) writeFileSync(join(root, 'docs/mutation.md'), renderPage(rows))
}

await main(process.argv.slice(2))
