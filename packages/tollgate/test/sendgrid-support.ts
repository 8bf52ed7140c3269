import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingRequest } from '../src/index.ts'

interface Vector {
  readonly title: string
  readonly publicKey: string
  readonly timestamp: string
  readonly signature: string
  readonly body: string
  readonly valid: boolean
}

export const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../../conformance/data/sendgrid.json', import.meta.url), 'utf8'),
)

/** The first vector, which is genuine. */
export const genuine = vectors[0] as Vector

/** The order of P-256. */
export const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** Makes a request. A header that is `undefined` is left out. */
export function post(
  given: Partial<Record<'signature' | 'timestamp', string | readonly string[] | undefined>> = {},
  body: IncomingRequest['body'] = genuine.body,
): IncomingRequest {
  const { signature, timestamp } = { signature: genuine.signature, timestamp: genuine.timestamp, ...given }
  return {
    method: 'POST',
    url: '/events',
    headers: {
      'X-Twilio-Email-Event-Webhook-Signature': signature,
      'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
    },
    body,
  }
}

/** A pair of keys of the test's own, so that the kit under test does not sign. */
export function makeKeys(curve = 'P-256'): { readonly publicKey: string; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  return { publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'), privateKey }
}

export function sign(privateKey: KeyObject, timestamp: string, body: string | Uint8Array): string {
  return createSign('sha256').update(timestamp).update(body).sign(privateKey, 'base64')
}

export function now(): string {
  return String(Math.floor(Date.now() / 1000))
}
