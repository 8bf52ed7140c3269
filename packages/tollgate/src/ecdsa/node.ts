import { createPublicKey, createVerify } from 'node:crypto'
import type { SignatureChecker } from './web.ts'

/**
 * Prepares checks of ECDSA signatures over P-256 with SHA-256. The message is hashed as it arrives,
 * so that the hash of a large one does not stop the event loop. Where `node:crypto` is missing,
 * `#ecdsa` is `web.ts`; one test suite runs over both.
 * @param keys Public keys as SPKI, whose points are known to be on the curve.
 */
export function createSignatureChecker(keys: readonly Uint8Array[]): SignatureChecker {
  const parsed = keys.map((key) => createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }))
  // DER, because with r and s a check takes 1.5 times as long on Node.js 24.
  return ({ der }) => {
    const checks = parsed.map((key) => ({ key, hash: createVerify('sha256') }))
    return {
      update(bytes) {
        for (const { hash } of checks) hash.update(bytes)
      },
      finish: () => checks.findIndex(({ key, hash }) => hash.verify(key, der)),
    }
  }
}
