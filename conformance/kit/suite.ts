export interface Case {
  readonly name: string
  run(): Promise<void>
}

/** Cases that do not depend on a test runner, so that a browser, Deno or workerd can run them. */
export interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

export type CaseTable = Readonly<Record<string, () => void | Promise<void>>>

export function defineSuite(name: string, table: CaseTable): Suite {
  return { name, cases: Object.entries(table).map(([title, check]) => ({ name: title, run: async () => check() })) }
}

export interface Failure {
  readonly suite: string
  readonly name: string
  readonly message: string
}

/** Runs suites without a test runner, and lists the failures. */
export async function runSuites(suites: readonly Suite[]): Promise<{ passed: number; failures: readonly Failure[] }> {
  const failures: Failure[] = []
  let passed = 0
  for (const { name: suite, cases } of suites)
    for (const { name, run } of cases)
      try {
        await run()
        passed++
      } catch (error) {
        failures.push({ suite, name, message: error instanceof Error ? error.message : String(error) })
      }
  return { passed, failures }
}
