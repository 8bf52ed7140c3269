import type { HashName } from '../hmac/provider.ts'

/** The names as X-Twilio-Webhooks-Signature-Settings spells them. */
export type AlgorithmName = 'HMAC_SHA1' | 'HMAC_SHA256'

/** The kinds of key that Twilio signs with: the account's Auth Token, or a SharedKey of a webhook rule. */
export type KeyKind = 'auth_token' | 'shared_key'

export interface Algorithm {
  readonly name: AlgorithmName
  readonly hash: HashName
  /** How long the signature is, in bytes, before Base64. */
  readonly bytes: number
  /** The only kind of key that may sign with it: a request's header can choose a key, never weaken one. */
  readonly signedBy: KeyKind
}

/** A new algorithm is a new row here, and nothing else. */
export const algorithms: Readonly<Record<AlgorithmName, Algorithm>> = {
  // https://www.twilio.com/docs/usage/security
  HMAC_SHA1: { name: 'HMAC_SHA1', hash: 'sha1', bytes: 20, signedBy: 'auth_token' },
  // https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
  HMAC_SHA256: { name: 'HMAC_SHA256', hash: 'sha256', bytes: 32, signedBy: 'shared_key' },
}

/** What Twilio uses when a request carries no settings header. */
export const defaultAlgorithm: Algorithm = algorithms.HMAC_SHA1

export function findAlgorithm(name: string): Algorithm | undefined {
  return Object.hasOwn(algorithms, name) ? algorithms[name as AlgorithmName] : undefined
}
