import { type Failure, runSuites, type Suite } from '../kit/suite.ts'

/** The result of one suite in a runtime. `passed` does not include `exceptions`. */
export interface SuiteReport {
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly exceptions: Readonly<Record<string, string>>
}

export type SuiteReports = Readonly<Record<string, SuiteReport>>

/** The output of a program that ran suites in another runtime. */
export interface ProgramReport {
  readonly version: string
  readonly provider: string
  readonly suites: SuiteReports
}

/**
 * Runs suites. An exception of a framework that fails, as it must, counts as neither passed nor
 * failed.
 */
export async function runReported(
  suites: readonly Suite[],
  exceptions: SuiteReport['exceptions'] = {},
): Promise<SuiteReport> {
  const { passed, failures } = await runSuites(suites)
  const noneAnyMore = failures.filter(({ name }) => name.includes(' (exception: ')).length
  return { passed: passed - Object.keys(exceptions).length + noneAnyMore, failures, exceptions }
}
