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

/** A signature in the two spellings that providers take. */
interface EcdsaSignature {
  /** r and s, 32 bytes each. */
  readonly numbers: Uint8Array
  /** The same numbers in DER. */
  readonly der: Uint8Array
}

/** Starts the check of a signature. */
export type SignatureChecker = (signature: EcdsaSignature) => SignatureCheck

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
  return ({ numbers }) => ({
    update() {},
    async finish(message) {
      importing ??= Promise.all(keys.map(importKey))
      for (const [index, key] of (await importing).entries())
        if (await crypto.subtle.verify(algorithm, key, numbers as BufferSource, message as BufferSource)) return index
      return -1
    },
  })
}

function importKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('spki', key as BufferSource, algorithm, false, ['verify'])
}
