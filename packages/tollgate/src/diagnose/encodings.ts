import { decodeUtf8, encodeUtf8 } from '../bytes.ts'

/** A body as it was before something encoded or decoded all of it. */
export interface Encoding {
  readonly bytes: Uint8Array
  readonly kind: 'base64' | 'charset'
  readonly detail: string
}

// The characters that Windows-1252 has at 0x80 to 0x9F. Its other characters are those of Latin-1.
const windows =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

/** Undoes a reading of UTF-8 as Latin-1 or Windows-1252, which turns "ü" into "Ã¼". */
export function toSingleBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  let isAscii = true
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const byte = code < 0x100 ? code : windows.indexOf(text.charAt(index)) + 0x80
    if (byte < 0x80 && code >= 0x80) return undefined
    isAscii &&= byte < 0x80
    bytes[index] = byte
  }
  return isAscii ? undefined : bytes
}

/** Lists the bodies that may have been encoded or decoded as a whole on the way. */
export function listEncodings(body: Uint8Array): Encoding[] {
  const found: Encoding[] = []
  const text = decodeUtf8(body)
  const decoded = text === undefined ? undefined : decodeBase64(text)
  if (decoded !== undefined)
    found.push({ bytes: decoded, kind: 'base64', detail: 'The body is still encoded in Base64.' })
  const single = text === undefined ? undefined : toSingleBytes(text)
  if (single !== undefined && decodeUtf8(single) !== undefined)
    found.push({ bytes: single, kind: 'charset', detail: 'The body is UTF-8, and something read it as Latin-1.' })
  if (text === undefined)
    found.push({
      bytes: encodeUtf8(new TextDecoder('windows-1252').decode(body)),
      kind: 'charset',
      detail: 'The body is in Latin-1. Twilio sent it in UTF-8.',
    })
  return found
}

/** Decodes Base64. */
function decodeBase64(text: string): Uint8Array | undefined {
  const trimmed = text.trim()
  if (trimmed.length < 16 || trimmed.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) return undefined
  return Uint8Array.from(atob(trimmed), (character) => character.charCodeAt(0))
}

/** Decodes a text that is in Base64. Returns `undefined` if its bytes are not UTF-8. */
export function decodeBase64Text(text: string): string | undefined {
  const bytes = decodeBase64(text.padEnd(4 * Math.ceil(text.length / 4), '='))
  return bytes && decodeUtf8(bytes)
}

/** Counts the characters of bytes in Base64. */
export function toBase64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3)
}

/**
 * Encodes the start of a body in Base64. A form that was decoded although it was not encoded shows
 * the name of its first parameter then.
 */
export function encodeStart(body: Uint8Array): string {
  const text = String.fromCharCode(...body.subarray(0, 300))
  return btoa(text).replace(/=+$/, '').slice(0, -1)
}
