import type { Library } from '../kit/library.ts'
import type { Suite } from '../kit/suite.ts'
import { bodiesSuite } from './bodies.ts'
import { handshakesSuite } from './handshakes.ts'
import { headersSuite } from './headers.ts'
import { hooksSuite, replaySuite } from './hooks.ts'
import { keysSuite } from './keys.ts'
import { optionsSuite } from './options.ts'
import { orderSuite } from './order.ts'
import { fromRequestSuite, urlsSuite } from './urls.ts'

/** The contract of createVerifier. */
export function verifierSuites(library: Library): readonly Suite[] {
  return [
    orderSuite(library),
    headersSuite(library),
    bodiesSuite(library),
    keysSuite(library),
    urlsSuite(library),
    fromRequestSuite(library),
    handshakesSuite(library),
    replaySuite(library),
    hooksSuite(library),
    optionsSuite(library),
  ]
}
