/** The check of one signature. */
interface SignatureCheck {
  /** Takes the next bytes of the message. */
  update(bytes: Uint8Array): void
  /**
   * Finds the key that signed.
   * @param message The whole message: every byte that `update` got.
   * @returns the index of the first key that made the signature, or -1
   */
  finish(message: Uint8Array): number | Promise<number>
}

/**
 * Starts the check of a signature.
 * @param signature r and s, 32 bytes each.
 */
export type SignatureChecker = (signature: Uint8Array) => SignatureCheck

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/**
 * Prepares checks as `node.ts` does, with WebCrypto, which hashes a message only as a whole.
 * @throws TypeError if the runtime has no WebCrypto.
 */
export function createSignatureChecker(keys: readonly Uint8Array[]): SignatureChecker {
  if ((globalThis.crypto as Crypto | undefined)?.subtle === undefined)
    throw new TypeError(
      'SendGrid signatures need WebCrypto (crypto.subtle), which browsers have only in secure contexts',
    )
  let importing: Promise<readonly CryptoKey[]> | undefined
  return (signature) => ({
    update() {},
    async finish(message) {
      importing ??= Promise.all(keys.map(importKey))
      for (const [index, key] of (await importing).entries())
        if (await crypto.subtle.verify(algorithm, key, signature as BufferSource, message as BufferSource)) return index
      return -1
    },
  })
}

function importKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('spki', key as BufferSource, algorithm, false, ['verify'])
}
