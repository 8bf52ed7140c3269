import type { Library } from '../kit/library.ts'
import type { Suite } from '../kit/suite.ts'
import { bodyAttacksSuite } from './body.ts'
import { keyAttacksSuite } from './keys.ts'
import { operationAttacksSuite } from './operation.ts'
import { secretAttacksSuite } from './secrets.ts'
import { urlAttacksSuite } from './url.ts'

/** The attacks that need no server: any runtime can run them. Each case begins with the class it belongs to. */
export function attackSuites(library: Library): readonly Suite[] {
  return [
    urlAttacksSuite(library),
    bodyAttacksSuite(library),
    secretAttacksSuite(library),
    keyAttacksSuite(library),
    operationAttacksSuite(library),
  ]
}
