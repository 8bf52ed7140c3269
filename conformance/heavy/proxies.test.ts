import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReportRow } from '../../tools/write-report.mjs'
import { writeReport } from '../../tools/write-report.mjs'
import { type Bench, startBench } from '../proxies/bench.ts'
import { proxyKinds } from '../proxies/kinds.ts'
import { proxySuites } from '../proxies/suites.ts'

const rows: ReportRow[] = []

afterAll(() => writeReport('proxies', rows))

describe.each(proxyKinds)('$name', (kind) => {
  let bench: Bench | undefined
  beforeAll(async () => {
    bench = await startBench(kind)
  }, 600_000)
  afterAll(() => bench?.stop())

  const getBench = (): Bench => {
    if (bench === undefined) throw new Error(`${kind.name} is not up`)
    return bench
  }

  for (const suite of proxySuites(kind, getBench))
    describe(suite.name, () => {
      const count = { passed: 0, failed: 0 }
      const exceptions = Object.fromEntries(
        Object.entries(kind.exceptions).filter(([name]) => suite.cases.some((one) => one.name === name)),
      )
      for (const { name, run } of suite.cases) {
        const isException = Object.hasOwn(exceptions, name)
        test(isException ? `fails: ${name}` : name, async () => {
          const error = await run().then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
          // An exception that is out of date is a failure too.
          if (isException) return expect(error).toBeInstanceOf(Error)
          count[error === undefined ? 'passed' : 'failed']++
          if (error !== undefined) throw error
        })
      }
      afterAll(() => {
        rows.push({
          table: 'proxies',
          name: kind.name,
          version: bench?.version ?? '',
          suite: suite.name,
          ...count,
          exceptions,
        })
      })
    })
})
