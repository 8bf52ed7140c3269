import { describe, test } from 'vitest'
import type { Suite } from './suite.ts'

/** Runs suites as tests of Vitest, one for each case. */
export function bindSuites(subject: string, suites: readonly Suite[]): void {
  describe(subject, () => {
    for (const suite of suites)
      describe(suite.name, () => {
        for (const { name, run } of suite.cases) test(name, run)
      })
  })
}
