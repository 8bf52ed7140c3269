import { hash as digest } from 'node:crypto'
import type { HashName, Hmac, HmacProvider } from './provider.ts'

const blockBytes = 64

// RFC 2104 with the two key pads made once: two one-shot hashes cost about half of what `createHmac` does per message.
const scratch = Buffer.allocUnsafeSlow(4096)

export const createHmac: HmacProvider['createHmac'] = (hash: HashName, secret: string): Hmac => {
  const secretBytes = Buffer.from(secret, 'utf8')
  const key = secretBytes.length > blockBytes ? digest(hash, secretBytes, 'buffer') : secretBytes
  const innerPad = Buffer.alloc(blockBytes, 0x36)
  const outer = Buffer.alloc(blockBytes + (hash === 'sha1' ? 20 : 32), 0x5c)
  for (const [index, byte] of key.entries()) {
    innerPad[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return (text) => {
    const needed = blockBytes + text.length * 3
    // A long message gets memory of its own, so that one large body does not stay allocated for ever.
    const buffer = needed <= scratch.length ? scratch : Buffer.allocUnsafe(needed)
    buffer.set(innerPad)
    const end = blockBytes + buffer.write(text, blockBytes, 'utf8')
    outer.set(digest(hash, buffer.subarray(0, end), 'buffer'), blockBytes)
    return digest(hash, outer, 'base64')
  }
}

export const hashBytes: HmacProvider['hashBytes'] = (bytes: Uint8Array): string => digest('sha256', bytes, 'hex')
