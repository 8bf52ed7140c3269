import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

// No algorithm uses SHA-512 today. It is here so that a new algorithm needs no change to this file.
const hashes = { sha1, sha256, sha512 }

/**
 * What this HMAC needs of a row of `algorithms.ts`. The library knows lengths and block sizes
 * itself.
 */
interface HashRow {
  readonly hash: 'sha1' | 'sha256' | 'sha512'
}

/** Encodes a text as UTF-8. Nothing of the platform is made when the module is loaded. */
function encode(text: string): Uint8Array {
  encoder ??= new TextEncoder()
  return encoder.encode(text)
}
let encoder: TextEncoder | undefined

/** Prepares an HMAC with one key, as `node.ts` does, for runtimes without `node:crypto`. */
export function createHmac({ hash }: HashRow, secret: string): (text: string) => string {
  const keyed = hmac.create(hashes[hash], encode(secret))
  return (text) => btoa(String.fromCharCode(...keyed.clone().update(encode(text)).digest()))
}

/** Computes the SHA-256 of bytes, or of a text as UTF-8, in lower-case hex. */
export function hashBytes(bytes: Uint8Array | string): string {
  return bytesToHex(sha256(typeof bytes === 'string' ? encode(bytes) : bytes))
}
