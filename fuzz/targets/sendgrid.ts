import { createPublicKey, createVerify } from 'node:crypto'
import { parsePublicKey } from '../../packages/tollgate/src/schemes/sendgrid/public-key.ts'
import { formatSignature, parseSignature } from '../../packages/tollgate/src/schemes/sendgrid/signature.ts'
import { createSendGridVerifier } from '../../packages/tollgate/src/schemes/sendgrid/verifier.ts'
import { check, splitInput, toText } from './check.ts'

/**
 * Checks that a signature has one spelling, that each accepted key is one for node:crypto too, and
 * that what verifies is what node:crypto verifies.
 */
export async function fuzz(data: Uint8Array): Promise<void> {
  const [first, second, third, body = new Uint8Array()] = splitInput(data, 4)
  const [signature, timestamp, publicKey] = [first, second, third].map((bytes) => toText(bytes ?? new Uint8Array()))
  const parsed = parseSignature(signature ?? '')
  if (parsed !== undefined) check(formatSignature(parsed.numbers) === signature, 'a second spelling of a signature')
  const spki = readKey(publicKey ?? '')
  if (spki === undefined) return
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  check(key.asymmetricKeyDetails?.namedCurve === 'prime256v1', 'a key of another curve')
  const headers = {
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  }
  const verifier = createSendGridVerifier({ publicKey: publicKey ?? '' })
  const verdict = await verifier.verify({ method: 'POST', url: '/', headers, body })
  const isReadable = /^[1-9]\d{9}$/.test(timestamp ?? '') && body.length > 0 && !/^\d/.test(toText(body))
  const verify = createVerify('sha256')
    .update(timestamp ?? '')
    .update(body)
  const isGenuine = parsed !== undefined && isReadable && verify.verify(key, signature ?? '', 'base64')
  check(verdict.ok === isGenuine, 'a verdict that differs from that of node:crypto')
}

function readKey(text: string): Uint8Array | undefined {
  try {
    return parsePublicKey(text, 'publicKey')
  } catch (error) {
    check(error instanceof TypeError, 'another error for a malformed key')
    check(text.length < 30 || !error.message.includes(text), 'a key in an error')
    return undefined
  }
}
