/** JSON, and with it a JavaScript literal, in ASCII alone: what cannot be seen in an editor must not hide in code that is copied. */
export function writeAsciiJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Within single quotes a shell changes nothing, and only a single quote needs care. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Whether a text can be pasted into a terminal: no control character, nothing outside ASCII. */
export function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
