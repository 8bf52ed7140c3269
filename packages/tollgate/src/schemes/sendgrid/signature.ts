import type { createSignatureChecker } from '#ecdsa'
import { encodeUtf8 } from '../../bytes.ts'
import { isCanonicalSignature } from '../twilio/sign/signature.ts'

/** A signature as the provider takes it. */
export type EcdsaSignature = Parameters<ReturnType<typeof createSignatureChecker>>[0]

/** The headers that SendGrid signs with. Inbound Parse has the same ones. */
export const signatureHeader = 'x-twilio-email-event-webhook-signature'
export const timestampHeader = 'x-twilio-email-event-webhook-timestamp'

/**
 * True for seconds of 10 digits, which last until 2286. With any number of digits, one could move
 * from the timestamp into the body.
 */
export function isTimestamp(text: string): boolean {
  return /^[1-9]\d{9}$/.test(text)
}

/** Joins the bytes that SendGrid signs. */
export function joinMessage(timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(timestamp.length + body.length)
  message.set(encodeUtf8(timestamp))
  message.set(body, timestamp.length)
  return message
}

/** Decodes canonical Base64. `undefined` for anything else, such as missing padding. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (!isCanonicalSignature(text, (text.length / 4) * 3 - padding)) return undefined
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}

/** Encodes bytes as Base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

/** Writes bytes as lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Reads bytes from hex. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** The order of P-256. Both numbers of a signature are below it. */
const order = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

/**
 * Reads a signature: Base64 of a DER SEQUENCE with exactly two INTEGERs, each above 0 and below the
 * order of P-256. DER allows one spelling of a number, so a signature has one spelling too.
 * @returns `undefined` for anything else
 */
export function parseSignature(text: string): EcdsaSignature | undefined {
  // The longest signature has 72 bytes.
  const der = text.length > 96 ? undefined : decodeBase64(text)
  if (der === undefined || der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const numbers = new Uint8Array(64)
  const end = readInteger(der, 2, numbers.subarray(0, 32))
  return end && readInteger(der, end, numbers.subarray(32)) === der.length ? { numbers, der } : undefined
}

/**
 * Reads an INTEGER into 32 bytes.
 * @returns the end of the INTEGER, or `undefined` if it is malformed
 */
function readInteger(bytes: Uint8Array, start: number, into: Uint8Array): number | undefined {
  const length = bytes[start + 1] ?? 0
  const end = start + 2 + length
  if (bytes[start] !== 0x02 || length === 0 || end > bytes.length) return undefined
  const [first = 0, second = 0] = bytes.subarray(start + 2, end)
  // A first byte of 0 is there only to keep the number positive.
  if (first === 0 ? length === 1 || second < 128 : first > 127) return undefined
  const digits = bytes.subarray(first === 0 ? start + 3 : start + 2, end)
  if (digits.length > into.length) return undefined
  into.set(digits, into.length - digits.length)
  const different = into.findIndex((byte, index) => byte !== order[index])
  return different !== -1 && (into[different] as number) < (order[different] as number) ? end : undefined
}

/** Writes r and s as a DER signature in Base64, as SendGrid sends it. */
export function formatSignature(signature: Uint8Array): string {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].flatMap((number) => {
    const digits = number.subarray(number.findIndex((byte) => byte !== 0))
    const sign = (digits[0] as number) > 127 ? [0] : []
    return [0x02, sign.length + digits.length, ...sign, ...digits]
  })
  return encodeBase64(Uint8Array.of(0x30, integers.length, ...integers))
}
