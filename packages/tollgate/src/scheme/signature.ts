import { createHmac, hashBytes } from '#hmac'
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

/** X-Twilio-Webhooks-Signature-Settings: which SharedKey signed, and how. The sender's word: it chooses, it proves nothing. */
export interface SignatureSettings {
  /** The SharedKey's id: opaque, case-sensitive, without commas. */
  readonly keyId: string
  readonly algorithm: string
}

// Exactly one pair in exactly this order: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
const settingsPattern = /^key=([!-+\--~]{1,256}),algorithm=([A-Za-z0-9_-]{1,64})$/

/** `undefined` for anything but one well-formed `key=…,algorithm=…`. */
export function parseSignatureSettings(header: string): SignatureSettings | undefined {
  const match = settingsPattern.exec(header)
  return match === null ? undefined : { keyId: match[1] as string, algorithm: match[2] as string }
}

/** The lower-case hex SHA-256 that Twilio puts into the query as `bodySHA256` for a body that is not a form. */
export function hashBody(body: Uint8Array): string {
  return hashBytes(body)
}

/**
 * The `bodySHA256` of a query (`?a=1&bodySHA256=…`): the value; `undefined` where there is none; `'malformed'` where it is not 64
 * lower-case hex digits or is repeated with different values (Twilio has been seen to repeat it with the same one).
 */
export function findBodyHash(query: string): string | undefined {
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

const parameter = 'bodySHA256'
const sha256Hex = /^[0-9a-f]{64}$/
