import { fromLatin1, toLatin1 } from '../../requests/request.ts'

/** The boundary that SendGrid writes between the parts of a mail of Inbound Parse. */
export const boundaryOfSendGrid = 'xYzZY'

/** A larger mail is not rewritten. */
const mostBytes = 1024 * 1024
/** Larger mails have files, which are no text. */
const mostTextBytes = 256 * 1024
const mostParts = 200

/**
 * Lists what a mail may have been before a program parsed it and wrote it again: with the boundary
 * of SendGrid, and also with its headers of the fields and the line ends of their values, which
 * FormData changes.
 * @param body the bytes that arrived
 * @param boundary that of the Content-Type
 * @returns the bytes, at most eight times
 */
export function* listMails(body: Uint8Array | undefined, boundary: string): Generator<Uint8Array> {
  if (body === undefined || body.length > mostBytes || boundary === boundaryOfSendGrid) return
  // A mail may have parts in any character set, so its bytes are read one by one.
  const parts = toLatin1(body).split(`--${boundary}`)
  const inner = parts.slice(1, -1)
  if (parts[0] !== '' || inner.length === 0 || inner.length > mostParts || !parts.at(-1)?.startsWith('--')) return
  const seen = new Set<string>()
  for (const write of [keepPart, writePart, keepLines, writeLines])
    for (const end of ['--\r\n', '--']) {
      const text = ['', ...inner.map(write), end].join(`--${boundaryOfSendGrid}`)
      if (!seen.has(text)) yield fromLatin1(text)
      seen.add(text)
    }
}

/** The line ends that the fields of a mail may have had. The field "headers" has \n, as it is sent. */
const lineEnds: readonly ((name: string, value: string) => string)[] = [
  (name, value) => (name === 'headers' ? value : writeCrlf(value)),
  (_, value) => value,
  (name, value) => (name === 'headers' ? value : `${writeCrlf(value.slice(0, -1))}${value.slice(-1)}`),
  (_, value) => writeCrlf(value),
  (name, value) => (name === 'text' ? writeCrlf(value) : value),
  (name, value) => (name === 'text' ? `${value.slice(0, -1)}${writeCrlf(value.slice(-1))}` : value),
]

/** The first delimiter of a multipart ends in \n alone, so something changed its line ends. */
export function hasBareLines(body: Uint8Array | undefined, boundary: string): boolean {
  const start = `--${boundary}\n`
  return body !== undefined && toLatin1(body.subarray(0, start.length)) === start
}

/**
 * Lists what a mail may have been before each \r\n became \n: with \r\n after each delimiter and
 * each header of a part, and in the values as mails have them.
 * @param body the bytes that arrived
 * @param boundary that of the Content-Type
 * @returns the bytes, at most twelve times
 */
export function* listLines(body: Uint8Array | undefined, boundary: string): Generator<Uint8Array> {
  if (body === undefined || body.length > mostTextBytes || !hasBareLines(body, boundary)) return
  const parts = toLatin1(body).replaceAll('\r\n', '\n').split(`--${boundary}`)
  const inner = parts.slice(1, -1)
  const last = parts.at(-1)
  if (inner.length === 0 || inner.length > mostParts || !last?.startsWith('--')) return
  const seen = new Set<string>()
  for (const write of lineEnds)
    for (const end of last === '--' ? ['--', '--\r\n'] : [writeCrlf(last)]) {
      const text = ['', ...inner.map((part) => writeField(part, write)), end].join(`--${boundary}`)
      if (!seen.has(text)) yield fromLatin1(text)
      seen.add(text)
    }
}

function writeField(part: string, write: (name: string, value: string) => string): string {
  const at = part.indexOf('\n\n')
  if (at < 0 || at > 2000 || !part.endsWith('\n')) return writeCrlf(part)
  const head = part.slice(0, at + 2)
  // The line break before a boundary belongs to the boundary.
  const value = part.slice(at + 2, -1)
  return `${writeCrlf(head)}${write(/;\s?name="?([^"\n;]{1,200})/i.exec(head)?.[1] ?? '', value)}\r\n`
}

function writeCrlf(text: string): string {
  return text.replaceAll('\n', '\r\n')
}

const keepPart = (part: string): string => part

/** Splits a part behind its headers. A file keeps its own. */
function splitField(
  part: string,
): { readonly head: string; readonly value: string; readonly name: string } | undefined {
  const at = part.indexOf('\r\n\r\n')
  if (at < 0 || at > 2000) return undefined
  const head = part.slice(0, at + 4)
  const name = /;\s?name="?([^"\r\n;]{1,200})/i.exec(head)?.[1]
  return name === undefined || /;\s?filename/i.test(head) ? undefined : { head, value: part.slice(at + 4), name }
}

function writePart(part: string): string {
  const field = splitField(part)
  return field === undefined ? part : writeHead(field.name) + field.value
}

function keepLines(part: string): string {
  const field = splitField(part)
  return field === undefined ? part : field.head + unfoldLines(field.value)
}

function writeLines(part: string): string {
  const field = splitField(part)
  return field === undefined ? part : writeHead(field.name) + unfoldLines(field.value)
}

function writeHead(name: string): string {
  return `\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`
}

/** The line break before a boundary belongs to the boundary. */
function unfoldLines(value: string): string {
  return value.endsWith('\r\n') ? `${value.slice(0, -2).replaceAll('\r\n', '\n')}\r\n` : value
}
