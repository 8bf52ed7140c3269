import type * as tollgate from 'tollgate'

/** The subject of a suite: the package, or a broken copy that shows that the suite can fail. */
export type Library = Pick<typeof tollgate, 'fromRequest' | 'RequestValidator'> & {
  createVerifier(options: tollgate.VerifierOptions): tollgate.Verifier
}

export type Options = tollgate.VerifierOptions
