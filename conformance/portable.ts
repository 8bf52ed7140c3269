import { attackSuites } from './attacks/suite.ts'
import type { Library } from './kit/library.ts'
import type { Suite } from './kit/suite.ts'
import { vectorsSuites } from './vectors/suite.ts'
import { verifierSuites } from './verifier/suite.ts'

/** Everything that needs neither a server nor a test runner, for any runtime: bundle it, and give it to `runSuites`. */
export function portableSuites(library: Library): readonly Suite[] {
  return [...vectorsSuites(library), ...verifierSuites(library), ...attackSuites(library)]
}
