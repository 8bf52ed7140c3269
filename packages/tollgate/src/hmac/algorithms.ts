interface Row {
  /** The hash function of the HMAC. */
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  /** The length of a signature in bytes, before Base64. */
  readonly bytes: number
  /** The block size of the hash in bytes: the length of the key pads in RFC 2104. */
  readonly blockBytes: number
  /** The kind of key that signs with it unless the configuration says otherwise. */
  readonly defaultOf?: 'auth_token' | 'shared_key'
}

// The one place that names algorithms. A new algorithm is a new row.
const rows = {
  // https://www.twilio.com/docs/usage/security
  HMAC_SHA1: { hash: 'sha1', bytes: 20, blockBytes: 64, defaultOf: 'auth_token' },
  // https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
  HMAC_SHA256: { hash: 'sha256', bytes: 32, blockBytes: 64, defaultOf: 'shared_key' },
} as const

/** The name of an algorithm, as X-Twilio-Webhooks-Signature-Settings spells it. */
export type AlgorithmName = keyof typeof rows

/** One way in which Twilio makes signatures. */
export interface Algorithm extends Row {
  readonly name: AlgorithmName
}

/** Every algorithm that Twilio signs with. */
export const algorithms: readonly Algorithm[] = Object.entries<Row>(rows).map(([name, row]) => ({
  ...row,
  name: name as AlgorithmName,
}))

/** Finds an algorithm by its name, which may come from a request. */
export function findAlgorithm(name: unknown): Algorithm | undefined {
  return algorithms.find((algorithm) => algorithm.name === name)
}

/** The algorithm of a key for which the configuration names none. */
export function findDefaultAlgorithm(kind: 'auth_token' | 'shared_key'): Algorithm {
  return algorithms.find(({ defaultOf }) => defaultOf === kind) as Algorithm
}

/** The algorithm of Auth Tokens. */
export const defaultAlgorithm: Algorithm = findDefaultAlgorithm('auth_token')
