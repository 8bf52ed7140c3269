import type { Library } from '../kit/library.ts'
import type { Suite } from '../kit/suite.ts'
import { bodyAttacksSuite } from './body.ts'
import { keyAttacksSuite } from './keys.ts'
import { operationAttacksSuite } from './operation.ts'
import { secretAttacksSuite } from './secrets.ts'
import { urlAttacksSuite } from './url.ts'

/**
 * Lists the attacks that need no server, so that any runtime can run them. The name of a case
 * starts with its classes.
 */
export function attackSuites(library: Library): readonly Suite[] {
  return [
    urlAttacksSuite(library),
    bodyAttacksSuite(library),
    secretAttacksSuite(library),
    keyAttacksSuite(library),
    operationAttacksSuite(library),
  ]
}
