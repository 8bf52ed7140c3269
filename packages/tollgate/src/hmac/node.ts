import type * as NodeCrypto from 'node:crypto'

// Bundlers for browsers put copies of both beside free names.
const { Buffer, process } = globalThis

let loaded: typeof NodeCrypto | undefined

/**
 * Loads `node:crypto` for the first key: it takes a third of what the import of this package takes,
 * and a program that checks no request does not need it.
 */
function loadCrypto(): typeof NodeCrypto {
  loaded ??= findCrypto()
  return loaded
}

/** @throws TypeError if the runtime is too old. */
function findCrypto(): typeof NodeCrypto {
  if (typeof process.getBuiltinModule === 'function') {
    const found = process.getBuiltinModule('node:crypto')
    if (typeof found.hash === 'function') return found
  }
  throw new TypeError('tollgate needs Node.js 20.16 or 22.3, Deno 2.2 or Bun 1.1, or later: there is no crypto.hash')
}

/** Gives the module to runtimes that cannot load it later. */
export function useCrypto(module: typeof NodeCrypto): void {
  loaded = module
}

/** Computes the Base64 HMAC of a text, as UTF-8, with one key. */
type Hmac = (text: string) => string

/**
 * The facts about a hash function that an HMAC needs: a row of `algorithms.ts`. Lengths are
 * in bytes.
 */
interface HashRow {
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly bytes: number
  readonly blockBytes: number
}

/**
 * Prepares an HMAC with one key. Where `node:crypto` is missing, `pure.ts` takes its place; one test
 * suite runs over both.
 */
export function createHmac(row: HashRow, secret: string): Hmac {
  // Longer than a block if it has other characters than ASCII, or more than a block of them.
  const key = Buffer.from(secret.padEnd(row.blockBytes, '\0'))
  return key.length === row.blockBytes
    ? createPaddedHmac(row, key)
    : (text) => loadCrypto().createHmac(row.hash, secret).update(text).digest('base64')
}

/**
 * HMAC by RFC 2104, with both key pads made once. Two one-shot hashes, the first over plain text,
 * cost about half of what `createHmac` costs per message. All Auth Tokens take this way: they are
 * 32 hex digits.
 * @param key One block, of ASCII characters: with either pad it stays ASCII, and so text.
 */
function createPaddedHmac({ hash, bytes, blockBytes }: HashRow, key: Buffer): Hmac {
  const { hash: digest } = loadCrypto()
  const innerPad = String.fromCharCode(...key.map((byte) => byte ^ 0x36))
  const outer = Buffer.alloc(blockBytes + bytes)
  outer.set(key.map((byte) => byte ^ 0x5c))
  return (text) => {
    const inner = digest(hash, innerPad + text, 'binary')
    // Faster than `outer.write` for so few characters.
    for (let index = 0; index < inner.length; index++) outer[blockBytes + index] = inner.charCodeAt(index)
    return digest(hash, outer, 'base64')
  }
}

/** Computes the SHA-256 of bytes, or of a text as UTF-8, in lower-case hex. */
export function hashBytes(bytes: Uint8Array | string): string {
  return loadCrypto().hash('sha256', bytes, 'hex')
}
