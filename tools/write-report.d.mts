/** One suite on one runtime, behind one proxy, or through one adapter. */
export interface ReportRow {
  readonly table: 'runtimes' | 'proxies' | 'frameworks'
  readonly name: string
  readonly version: string
  readonly suite: string
  readonly passed: number
  readonly failed: number
  /** Cases that the platform makes impossible, by their name, with the reason; none of them counts as passed. */
  readonly exceptions: Readonly<Record<string, string>>
  /** The HMAC provider that was loaded, where a table shows it. */
  readonly hmac?: string
}

export const reportsFolder: string

/** Keeps what a run has found, for `npm run reports`, in place of what the run of that name found before. */
export function writeReport(run: string, rows: readonly ReportRow[]): void
