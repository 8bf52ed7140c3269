import { expect } from 'vitest'
import type { ReportRow } from '../../tools/write-report.mjs'
import type { SuiteReport } from './run-reported.ts'

/** The runtime of the suites, as the table names it. */
interface Runtime {
  readonly name: string
  readonly version: string
  readonly hmac: string
}

export const rows: ReportRow[] = []

/** Writes the results of suites for the table, and fails if a case failed. */
export function record(runtime: Runtime, suites: Readonly<Record<string, SuiteReport>>): void {
  for (const [suite, { passed, failures, exceptions }] of Object.entries(suites))
    rows.push({ table: 'runtimes', ...runtime, suite, passed, failed: failures.length, exceptions })
  for (const [suite, { passed, failures }] of Object.entries(suites)) {
    expect(failures, suite).toEqual([])
    expect(passed, suite).toBeGreaterThan(0)
  }
}
