import { type Failure, runSuites, type Suite } from '../kit/suite.ts'

/** What a runtime tells of one suite. `exceptions` are no part of `passed`. */
export interface SuiteReport {
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly exceptions: Readonly<Record<string, string>>
}

export type SuiteReports = Readonly<Record<string, SuiteReport>>

/** What a program prints that has run suites in another runtime. */
export interface ProgramReport {
  readonly version: string
  readonly provider: string
  readonly suites: SuiteReports
}

/** Runs suites; of a framework's exceptions those count as neither passed nor failed that fail, as they have to. */
export async function runReported(
  suites: readonly Suite[],
  exceptions: SuiteReport['exceptions'] = {},
): Promise<SuiteReport> {
  const { passed, failures } = await runSuites(suites)
  const noneAnyMore = failures.filter(({ name }) => name.includes(' (exception: ')).length
  return { passed: passed - Object.keys(exceptions).length + noneAnyMore, failures, exceptions }
}
