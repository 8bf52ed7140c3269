import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const folder = join(root, 'node_modules/.cache/tollgate/reports')

/**
 * The result of one suite on one runtime, behind one proxy, or through one adapter.
 * @typedef {object} ReportRow
 * @property {'runtimes' | 'proxies' | 'frameworks'} table
 * @property {string} name
 * @property {string} [version]
 * @property {string} suite
 * @property {number} passed
 * @property {number} failed
 * @property {Readonly<Record<string, string>>} exceptions The reasons of cases that the platform makes impossible, by
 *   case. They do not count as passed.
 * @property {string} [hmac] the HMAC provider that was loaded, if the table shows it
 */

/**
 * Saves the results of a run for `node tools/reports.mjs`.
 * @param {string} run the name of the run; its earlier results are replaced
 * @param {readonly ReportRow[]} rows
 */
export function writeReport(run, rows) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${run.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`), `${JSON.stringify(rows)}\n`)
}

/** @returns {ReportRow[]} the last results of every run */
export function readReports() {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.sort().flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
}
