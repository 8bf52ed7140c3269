import { isSignatureName, signatureName } from './find-request.ts'
import { readBase64 } from './json.ts'
import { readRawHttp } from './raw-http.ts'
import { findHeader, fromLatin1, toLatin1 } from './request.ts'

const escapes = /&(amp|lt|gt|quot|apos|#0?39|#x27|#34);|\\{1,4}u0026/gi
const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#34': '"', amp: '&' }

const plainForms = [
  // Between the parameters of a webhook. Twilio writes & in a value as %26.
  /&\w{0,40}Sid=|Sid=\w{34}&(?!amp;)/,
  // Around a name.
  /["'][A-Za-z][\w-]{1,80}(?:["']\s{0,5}[:=]|: )/,
]

/**
 * Undoes the escapes of HTML and of JSON in the text of a page, a ticket or a chat, such as `&amp;` for `&`.
 * Its Content-Length shows them, or the form of a webhook.
 * @param text one character for each byte
 * @returns `undefined` for a text without them
 */
export function unescapePage(text: string): string | undefined {
  if (text.search(escapes) === -1 || isAsLong(text)) return undefined
  const plain = text.replace(escapes, (_, name = 'amp') => characters[name.toLowerCase()] ?? "'")
  return isAsLong(plain) || plainForms.some((form) => form.test(plain) && !form.test(text)) ? plain : undefined
}

/** Checks if raw HTTP has the body that its Content-Length announces. */
function isAsLong(text: string): boolean {
  try {
    const { headers, body, copyNote } = readRawHttp(fromLatin1(text), 'https')
    return copyNote === undefined && findHeader(headers, 'content-length') === `${body?.length}`
  } catch {
    return false
  }
}

const saved = /<request base64="(true|false)">\s{0,9}<!\[CDATA\[/g

/**
 * Opens the XML in which Burp Suite saves items: the first request with a signature or, without one, the first.
 * @throws RequestError if a request is not Base64
 */
export function openSaved(given: Uint8Array): Uint8Array {
  if (given.find((byte) => byte > 32) !== 0x3c) return given
  const text = toLatin1(given)
  let first: Uint8Array | undefined
  let end = 0
  for (const { 0: all, 1: isEncoded, index } of text.matchAll(saved)) {
    // What is inside a request is a text of its sender.
    if (index < end) continue
    const start = index + all.length
    end = text.indexOf(']]>', start)
    if (end === -1) break
    const content = text.slice(start, end)
    const bytes = isEncoded === 'true' ? readBase64(content.replace(/\s/g, ''), 'request') : fromLatin1(content)
    if (signatureName.test(toLatin1(bytes))) return bytes
    first ??= bytes
  }
  return first ?? given
}

const cell = /^[ \t]{0,20}(?!(?:GET|POST|PUT)\b)([A-Za-z][\w-]{0,80}):?[ ]{0,9}\t[ \t]{0,20}(?=\S)/

/**
 * Writes the table of headers in the text of a page, `name TAB value`, as lines of HTTP.
 * @param text one character for each byte
 */
export function openTable(text: string): string {
  if (signatureName.test(text)) return text
  const lines = text.split('\n')
  const nameOf = (at: number): string => cell.exec(lines[at] ?? '')?.[1] ?? ''
  let start = lines.findIndex((_, at) => isSignatureName(nameOf(at)))
  if (start === -1) return text
  while (nameOf(start - 1) !== '') start--
  for (; nameOf(start) !== ''; start++) lines[start] = lines[start]?.replace(cell, '$1: ') ?? ''
  return lines.join('\n')
}
