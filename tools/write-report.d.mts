/** The result of one suite on one runtime, behind one proxy, or through one adapter. */
interface ReportRow {
  readonly table: 'runtimes' | 'proxies' | 'frameworks' | 'hostile'
  readonly name: string
  readonly version: string
  readonly suite: string
  readonly passed: number
  readonly failed: number
  /**
   * The reasons of cases that the platform makes impossible, by case. They do not count as passed.
   */
  readonly exceptions: Readonly<Record<string, string>>
  /** The HMAC provider that was loaded, if the table shows it. */
  readonly hmac?: string
  /** Answers of 500 and above to hostile requests. */
  readonly errors?: number
}

export const reportsFolder: string

/** Returns the last results of every run. */
export function readReports(): ReportRow[]

/**
 * Saves the results of a run for `node tools/reports.mjs`.
 * @param run the name of the run; its earlier results are replaced
 */
export function writeReport(run: string, rows: readonly ReportRow[]): void
