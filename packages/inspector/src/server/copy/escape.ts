/**
 * Writes JSON, which is also a JavaScript literal, in ASCII only: copied code must not contain
 * invisible characters.
 */
export function writeAsciiJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Returns true for printable ASCII, which is safe to paste into a terminal. */
export function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
