import { createHmac as createNativeHmac, hash as digest } from 'node:crypto'
import type { HashName, Hmac, HmacProvider } from './provider.ts'

const blockBytes = 64

export const createHmac: HmacProvider['createHmac'] = (hash: HashName, secret: string): Hmac =>
  isPlain(secret)
    ? createPaddedHmac(hash, secret)
    : (text) => createNativeHmac(hash, secret).update(text).digest('base64')

/** Whether the key, padded, is text: ASCII stays ASCII under both pads, and a longer key would have to be hashed first. */
function isPlain(secret: string): boolean {
  return secret.length <= blockBytes && /^\p{ASCII}*$/u.test(secret)
}

/**
 * RFC 2104 with both key pads made once. Two one-shot hashes, the first over plain text, cost about half of what `createHmac`
 * costs per message; Auth Tokens, 32 hex digits, all come this way.
 */
function createPaddedHmac(hash: HashName, secret: string): Hmac {
  const key = Buffer.from(secret.padEnd(blockBytes, '\0'), 'latin1')
  const innerPad = String.fromCharCode(...key.map((byte) => byte ^ 0x36))
  const outer = Buffer.alloc(blockBytes + (hash === 'sha1' ? 20 : 32))
  outer.set(key.map((byte) => byte ^ 0x5c))
  return (text) => {
    const inner = digest(hash, innerPad + text, 'binary')
    // For so few characters quicker than `outer.write`.
    for (let index = 0; index < inner.length; index++) outer[blockBytes + index] = inner.charCodeAt(index)
    return digest(hash, outer, 'base64')
  }
}

export const hashBytes: HmacProvider['hashBytes'] = (bytes: Uint8Array): string => digest('sha256', bytes, 'hex')
