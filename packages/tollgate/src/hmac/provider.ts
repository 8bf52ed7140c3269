/** The hash functions that a row of `scheme/algorithms.ts` may name. */
export type HashName = 'sha1' | 'sha256'

/** Computes the Base64 HMAC of a text (as UTF-8) under one key. */
export type Hmac = (text: string) => string

/** What `#hmac` resolves to: `node.ts` where there is `node:crypto`, `pure.ts` elsewhere. One test suite runs over both. */
export interface HmacProvider {
  createHmac(hash: HashName, secret: string): Hmac
  /** Lower-case hex SHA-256. */
  hashBytes(bytes: Uint8Array): string
}
