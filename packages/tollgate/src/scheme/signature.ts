import { createHmac } from '#hmac'
import { type AlgorithmName, algorithms } from './algorithms.ts'

/** Gives the signature, in Base64, that Twilio would send for a signing string. */
export type Signer = (signingString: string) => string

export function createSigner(algorithm: AlgorithmName, secret: string): Signer {
  return createHmac(algorithms[algorithm].hash, secret)
}

// Neither 20 nor 32 bytes is a multiple of three, and both leave two: one `=`, and a last character whose two low bits are 0.
const canonicalBase64 = /^[A-Za-z0-9+/]*[AEIMQUYcgkosw048]=$/

/** Whether a text is the one canonical Base64 spelling of exactly so many bytes (20 or 32). Decided before any HMAC. */
export function isCanonicalSignature(text: string, bytes: number): boolean {
  return text.length === 4 * Math.ceil(bytes / 3) && canonicalBase64.test(text)
}

/** Compares in a time that depends on the length alone. */
export function equalSignatures(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index)
  return difference === 0
}
