import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

export const reportsFolder = join(root, 'node_modules/.cache/tollgate/reports')

/**
 * Saves the results of a run for `npm run reports`.
 * @param {string} run the name of the run; its earlier results are replaced
 * @param {readonly import('./write-report.d.mts').ReportRow[]} rows
 */
export function writeReport(run, rows) {
  mkdirSync(reportsFolder, { recursive: true })
  writeFileSync(join(reportsFolder, `${run}.json`), `${JSON.stringify(rows, null, 2)}\n`)
}
