import { attackSuites } from './attacks/suite.ts'
import type { Library } from './kit/library.ts'
import type { Suite } from './kit/suite.ts'
import { vectorsSuites } from './vectors/suite.ts'
import { verifierSuites } from './verifier/suite.ts'

/**
 * Lists the suites that need neither a server nor a test runner. Any runtime can bundle them and
 * pass them to `runSuites`.
 */
export function portableSuites(library: Library): readonly Suite[] {
  return [...vectorsSuites(library), ...verifierSuites(library), ...attackSuites(library)]
}
