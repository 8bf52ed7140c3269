import type * as tollgate from 'tollgate'

/** The subject of a suite: the package, or a broken copy that shows that the suite can fail. */
export type Library = Pick<typeof tollgate, 'createVerifier' | 'fromRequest' | 'RequestValidator'>

export type Options = tollgate.VerifierOptions
