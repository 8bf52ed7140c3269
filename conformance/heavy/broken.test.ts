import { expect, test } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { brokenFrameworks } from '../broken/frameworks.ts'
import { brokenLibraries } from '../broken/libraries.ts'
import { renderPage } from '../broken/page.ts'
import { runSuites, type Suite } from '../kit/suite.ts'
import { portableSuites } from '../portable.ts'

// Slow, because each broken validator runs all suites. It tests the suites, not the library.

// These cases wait for an event that a broken server never causes.
const slow = /pipelined|aborted|a client that leaves/

const broken = [
  ...brokenLibraries.map(({ library, ...row }) => ({ ...row, kind: 'a verifier', suites: portableSuites(library) })),
  ...brokenFrameworks.map(({ framework, ...row }) => ({
    ...row,
    kind: 'an adapter',
    suites: adapterSuites(framework, socketAttackSuites(framework)).map(withoutSlowCases),
  })),
]

function withoutSlowCases({ name, cases }: Suite): Suite {
  return { name, cases: cases.filter((one) => !slow.test(one.name)) }
}

const found: Parameters<typeof renderPage>[0][number][] = []

for (const { kind, fault, noticedBy, suites } of broken)
  test(`the suites notice ${kind} that ${fault}`, async () => {
    const { passed, failures } = await runSuites(suites)
    found.push({ kind, fault, noticedBy, failures })
    const unnoticed = noticedBy.filter((start) => !failures.some(({ name }) => name.startsWith(start)))
    expect(unnoticed).toEqual([])
    expect(passed).toBeGreaterThan(0)
  })

test('docs/broken-validators.md lists what the suites notice (npx vitest run --project heavy conformance/heavy/broken.test.ts --update)', async () => {
  expect(found.length).toBe(broken.length)
  await expect(renderPage(found)).toMatchFileSnapshot('../../docs/broken-validators.md')
})
