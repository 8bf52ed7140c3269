import { isCanonicalSignature } from '../scheme/signature.ts'

/** The order of P-256, in hex. Both numbers of a signature are below it. */
const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'

/** Decodes canonical Base64. `undefined` for anything else, such as missing padding. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const padding = /=?=?$/.exec(text)?.[0].length ?? 0
  if (!isCanonicalSignature(text, (text.length / 4) * 3 - padding)) return undefined
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
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

/**
 * Reads a signature: Base64 of a DER SEQUENCE with exactly two INTEGERs, each from 1 to the order of
 * P-256. DER allows one spelling of a number, so a signature has one spelling too.
 * @returns r and s, 32 bytes each, or `undefined` for anything else
 */
export function parseSignature(text: string): Uint8Array<ArrayBuffer> | undefined {
  // The longest signature has 72 bytes.
  const bytes = text.length > 96 ? undefined : decodeBase64(text)
  if (bytes === undefined || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return undefined
  const r = readInteger(bytes, 2)
  const s = r && readInteger(bytes, r.end)
  return r && s && s.end === bytes.length ? fromHex(r.hex + s.hex) : undefined
}

function readInteger(bytes: Uint8Array, start: number): { readonly hex: string; readonly end: number } | undefined {
  const [tag, length = 0, first = 0, second = 0] = bytes.subarray(start)
  const end = start + 2 + length
  // A first byte of 0 is there only to keep the number positive.
  const isMinimal = first === 0 ? length > 1 && second > 127 : first < 128
  if (tag !== 0x02 || length === 0 || end > bytes.length || !isMinimal) return undefined
  const hex = toHex(bytes.subarray(start + (first === 0 ? 3 : 2), end)).padStart(64, '0')
  return hex.length === 64 && hex < order ? { hex, end } : undefined
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
