/**
 * The interface of Standard Schema v1, as https://standardschema.dev has it. Its `validate` may
 * return a promise, and ours never does.
 */
export interface StandardSchema<Input, Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'tollgate'
    /**
     * Checks a value. It never throws.
     * @param value anything.
     */
    readonly validate: (value: unknown) => StandardResult<Output>
    /** For the types only: it is always absent. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The value if it is valid, or else what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** One fault of a value. */
export interface StandardIssue {
  /** For developers. It has names of parameters, which may be hostile text, and no values. */
  readonly message: string
  /** The name of the parameter. In a list of JSON objects, the index comes first. */
  readonly path: readonly (string | number)[]
}
