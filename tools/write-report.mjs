import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

export const reportsFolder = join(root, 'node_modules/.cache/tollgate/reports')

/**
 * Saves the results of a run for `node tools/reports.mjs`.
 * @param {string} run the name of the run; its earlier results are replaced
 * @param {readonly import('./write-report.d.mts').ReportRow[]} rows
 */
export function writeReport(run, rows) {
  mkdirSync(reportsFolder, { recursive: true })
  writeFileSync(join(reportsFolder, `${run}.json`), `${JSON.stringify(rows, null, 2)}\n`)
}

/** @returns {import('./write-report.d.mts').ReportRow[]} */
export function readReports() {
  if (!existsSync(reportsFolder)) return []
  const files = readdirSync(reportsFolder).filter((name) => name.endsWith('.json'))
  return files.sort().flatMap((name) => JSON.parse(readFileSync(join(reportsFolder, name), 'utf8')))
}
