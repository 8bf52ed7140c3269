import { expect, test } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'

import { brokenFrameworks } from '../broken/frameworks.ts'
import { brokenLibraries } from '../broken/libraries.ts'
import { runSuites, type Suite } from '../kit/suite.ts'

import { portableSuites } from '../portable.ts'

async function expectNoticed(suites: readonly Suite[], noticedBy: readonly string[]): Promise<void> {
  const { passed, failures } = await runSuites(suites)
  const unnoticed = noticedBy.filter((start) => !failures.some(({ name }) => name.startsWith(start)))
  expect(unnoticed).toEqual([])
  expect(passed).toBeGreaterThan(0)
}

for (const { fault, library, noticedBy } of brokenLibraries)
  test(`the suites notice a verifier that ${fault}`, () => expectNoticed(portableSuites(library), noticedBy))

const slow = /pipelined|aborted|gone/
for (const { fault, framework, noticedBy } of brokenFrameworks)
  test(`the suites notice an adapter that ${fault}`, () => {
    const suites = adapterSuites(framework, socketAttackSuites(framework))
    // Those wait for what a broken server never does.
    const quick = suites.map(({ name, cases }) => ({ name, cases: cases.filter((one) => !slow.test(one.name)) }))
    return expectNoticed(quick, noticedBy)
  })
