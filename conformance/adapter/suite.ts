import { assertEqual } from '../kit/assert.ts'
import { type Case, defineSuite, type Suite } from '../kit/suite.ts'
import { acceptedSuite } from './accepted.ts'
import type { Framework } from './framework.ts'
import { mistakesSuite, optionsSuite, outcomeSuite } from './outcome.ts'
import { parsersSuite } from './parsers.ts'
import { pathsSuite } from './paths.ts'
import { runImpatiently } from './patience.ts'
import { proxiesSuite } from './proxies.ts'
import { refusedSuite } from './refused.ts'

/** Lists the suites that every adapter must pass, over real sockets. */
export function adapterSuites(framework: Framework, more: readonly Suite[] = []): readonly Suite[] {
  const suites = [
    acceptedSuite(framework),
    refusedSuite(framework),
    outcomeSuite(framework),
    optionsSuite(framework),
    mistakesSuite(framework),
    parsersSuite(framework),
    proxiesSuite(framework),
    pathsSuite(framework),
    ...more,
  ]
  const names = new Set(suites.flatMap(({ cases }) => cases.map(({ name }) => name)))
  const exceptions = defineSuite('exceptions', {
    'each exception is the name of a case': () => {
      const unknown = Object.keys(framework.exceptions).filter((name) => !names.has(name))
      assertEqual(unknown, [], 'exceptions without a case')
    },
  })
  return [...suites.filter(({ cases }) => cases.length > 0), exceptions].map((suite) => ({
    name: suite.name,
    cases: suite.cases.map((one) => applyException(one, framework.exceptions[one.name])),
  }))
}

/** Makes an impossible case pass if it fails. If it passes, the exception is out of date. */
function applyException(one: Case, reason: string | undefined): Case {
  if (reason === undefined) return one
  return {
    name: `${one.name} (exception: ${reason})`,
    async run() {
      const failed = await runImpatiently(one.run).then(
        () => false,
        () => true,
      )
      if (!failed) throw new Error('the case passes now: remove its exception')
    },
  }
}
