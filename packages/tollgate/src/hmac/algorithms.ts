/** One way in which Twilio makes signatures. */
export interface Algorithm {
  readonly name: AlgorithmName
  /** The hash function of the HMAC. */
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  /** The length of a signature in bytes, before Base64. */
  readonly bytes: number
  /** The block size of the hash in bytes: the length of the key pads in RFC 2104. */
  readonly blockBytes: number
}

// The one place that names algorithms. A new algorithm is a new row.
const rows = [
  // https://www.twilio.com/docs/usage/security
  { name: 'HMAC_SHA1', hash: 'sha1', bytes: 20, blockBytes: 64 },
  // https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
  { name: 'HMAC_SHA256', hash: 'sha256', bytes: 32, blockBytes: 64 },
] as const

/** The name of an algorithm, as X-Twilio-Webhooks-Signature-Settings spells it. */
export type AlgorithmName = (typeof rows)[number]['name']

/** Every algorithm that Twilio signs with. */
export const algorithms: readonly Algorithm[] = rows

/** Finds an algorithm by its name, which may come from a request. */
export function findAlgorithm(name: unknown): Algorithm | undefined {
  return algorithms.find((algorithm) => algorithm.name === name)
}

/** The algorithm of Auth Tokens. */
export const defaultAlgorithm: Algorithm = rows[0]

/** The algorithm of a SharedKey for which the configuration names none. */
export const sharedKeyAlgorithm: Algorithm = rows[1]
