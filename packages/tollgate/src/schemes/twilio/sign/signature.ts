import { createHmac, hashBytes } from '#hmac'
import { type Algorithm, algorithms } from '../../../hmac/algorithms.ts'

/** Computes the signature, in Base64, that Twilio sends for a signing string. */
export type Signer = (signingString: string) => string

/** Prepares signatures with one key. */
export function createSigner(algorithm: Algorithm, secret: string): Signer {
  return createHmac(algorithm, secret)
}

// By how many bytes are left after the last group of three: the bits of the last character beyond
// them are 0.
const canonicalBase64 = [/^[A-Za-z0-9+/]*$/, /^[A-Za-z0-9+/]*[AQgw]==$/, /^[A-Za-z0-9+/]*[AEIMQUYcgkosw048]=$/] as const

/**
 * True for the one canonical Base64 spelling of this many bytes. Checked before any HMAC is
 * computed.
 */
export function isCanonicalSignature(text: string, bytes: number): boolean {
  return text.length === 4 * Math.ceil(bytes / 3) && canonicalBase64[(bytes % 3) as 0 | 1 | 2].test(text)
}

/** True for a text that a signature of some algorithm can be. */
export function isSignature(text: string): boolean {
  return algorithms.some(({ bytes }) => isCanonicalSignature(text, bytes))
}

/** Compares two signatures. The time depends on their length only. */
export function equalSignatures(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  // Stryker disable next-line EqualityOperator: beyond the end, there is nothing to compare
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index)
  return difference === 0
}

/**
 * Computes the `bodySHA256` that Twilio adds to the query for a body that is not a form: SHA-256 in
 * lower-case hex. A text is hashed as UTF-8.
 */
export function hashBody(body: Uint8Array | string): string {
  return hashBytes(body)
}

const parameter = 'bodySHA256'
const sha256Hex = /^[0-9a-f]{64}$/

/**
 * Finds the `bodySHA256` of a query (`?a=1&bodySHA256=…`).
 * @returns `undefined` if the query has no such parameter, and `'malformed'` if its value is not 64
 *   lower-case hex digits or is repeated with different values. Twilio has been seen to repeat it
 *   with the same value.
 */
export function findBodyHash(query: string): string | undefined {
  // Stryker disable next-line ConditionalExpression: a search without the parameter finds nothing, only more slowly
  if (!query.includes(parameter)) return undefined
  let found: string | undefined
  for (const field of query.slice(1).split('&')) {
    if (field !== parameter && !field.startsWith(`${parameter}=`)) continue
    const value = field.slice(parameter.length + 1)
    if (!sha256Hex.test(value) || (found !== undefined && found !== value)) return 'malformed'
    found = value
  }
  return found
}
