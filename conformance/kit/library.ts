import type * as tollgate from 'tollgate'

/** What a suite tests: the package, or for the proof that a suite can fail, a broken one. */
export type Library = Pick<typeof tollgate, 'createVerifier' | 'fromRequest' | 'RequestValidator'>

export type Options = tollgate.VerifierOptions
