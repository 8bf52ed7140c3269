/** One realistic delivery of a kind: form or query parameters in wire order, or a JSON body. */
export interface Sample {
  readonly method: 'GET' | 'POST'
  readonly params?: readonly (readonly [string, string])[]
  readonly json?: unknown
  /** Where it differs from the plain form's: voice names a charset, messaging does not. */
  readonly contentType?: string
  readonly handshake?: true
}
