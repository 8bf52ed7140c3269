import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest'
import { writeReport } from '../../tools/write-report.mjs'
import type { Framework } from '../adapter/framework.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { bindSuites } from './bind.ts'
import { account, otherToken, sharedKey, token } from './draft.ts'
import type { Suite } from './suite.ts'

/** The part of a `Framework` that the report shows. */
interface Reported {
  readonly name: string
  readonly exceptions: Readonly<Record<string, string>>
}

/**
 * Keeps the warnings of adapters out of the output, because many cases cause them. Checks that they
 * contain no secret.
 */
export function captureWarnings(): void {
  beforeEach(() => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
  })
  afterEach(() => {
    const lines = vi.mocked(console.error).mock.calls.flat().map(String).join('\n')
    for (const secret of [token, otherToken, sharedKey.secret, account]) expect(lines).not.toContain(secret)
    vi.restoreAllMocks()
  })
}

/**
 * Runs the suites of adapters, and `more`, as tests of Vitest. Writes the figures for
 * docs/frameworks.md.
 */
export function bindAdapter(framework: Framework, more: readonly Suite[] = [], subject = framework.name): void {
  const suites = adapterSuites(framework, [...socketAttackSuites(framework), ...more])
  const titles = Object.keys(framework.exceptions)
  const figures = { passed: 0, failed: 0 }
  const all = suites.reduce((sum, { cases }) => sum + cases.length, 0)
  let ran = 0
  const counted = suites.map((suite) => ({
    ...suite,
    cases: suite.cases.map((one) => ({
      ...one,
      async run() {
        ran++
        figures.failed++
        await one.run()
        figures.failed--
        // An exception counts as neither passed nor failed. Its name ends with the reason.
        if (!titles.some((title) => one.name === title || one.name.startsWith(`${title} (exception: `)))
          figures.passed++
      },
    })),
  }))
  bindSuites(subject, counted)
  afterAll(() => {
    // If only some cases ran (`vitest -t`), the figures would be wrong.
    if (ran === all) report(framework, figures)
  })
}

/** Writes the figures of the tests in a `describe`, for tests that are in no suite. */
export function reportDescribed(name: string): void {
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures to make
  afterAll(({}, { tasks }) => {
    const passed = tasks.filter(({ result }) => result?.state === 'pass').length
    report({ name, exceptions: {} }, { passed, failed: tasks.length - passed })
  })
}

function report({ name, exceptions }: Reported, figures: { readonly passed: number; readonly failed: number }): void {
  writeReport(`framework ${name}`, [{ table: 'frameworks', name, suite: 'cases', ...figures, exceptions }])
}
