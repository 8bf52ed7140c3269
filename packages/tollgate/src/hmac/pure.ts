import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { HashName, Hmac, HmacProvider } from './provider.ts'

const encoder = new TextEncoder()
const hashes = { sha1, sha256 }

export const createHmac: HmacProvider['createHmac'] = (hash: HashName, secret: string): Hmac => {
  const keyed = hmac.create(hashes[hash], encoder.encode(secret))
  return (text) => {
    return btoa(String.fromCharCode(...keyed.clone().update(encoder.encode(text)).digest()))
  }
}

export const hashBytes: HmacProvider['hashBytes'] = (bytes: Uint8Array): string => bytesToHex(sha256(bytes))
