import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

export const reportsFolder = join(root, 'node_modules/.cache/tollgate/reports')

/**
 * Keeps what a run has found, for `npm run reports`, in place of what the run of that name found before.
 * @param {string} run
 * @param {readonly import('./write-report.d.mts').ReportRow[]} rows
 */
export function writeReport(run, rows) {
  mkdirSync(reportsFolder, { recursive: true })
  writeFileSync(join(reportsFolder, `${run}.json`), `${JSON.stringify(rows, null, 2)}\n`)
}
