import { decodeUtf8 } from '../bytes.ts'
import { hashBody } from '../schemes/twilio/sign/signature.ts'
import { decodeBase64Text, type Encoding, listEncodings } from './encodings.ts'
import { isBoundedJson, type Work } from './limits.ts'
import { stripBlanks } from './spelling.ts'

/** A body that Twilio may have sent, with the changes that made this one of it. */
interface BodyVariant {
  readonly hash: string
  /** How the JSON was written before something parsed it and wrote it again. */
  readonly written: string | undefined
  /** The change of the white space. */
  readonly spaced: string | undefined
  /** The change of the character set, or another encoding of the whole body. */
  readonly encoded?: Encoding
}

/** Each variant is hashed, so larger bodies have none. */
const mostBytes = 256 * 1024

type Change = readonly [what: string, change: (text: string) => string]

const serializers: readonly (readonly [what: string, write: (json: unknown) => string])[] = [
  ['as JSON.stringify writes it', (json) => JSON.stringify(json)],
  ['with a space after every comma and colon', (json) => writeSpaced(json, ', ', ': ')],
  ['with a space after every colon', (json) => writeSpaced(json, ',', ': ')],
  ['indented by 2', (json) => JSON.stringify(json, null, 2)],
  ['indented by 4', (json) => JSON.stringify(json, null, 4)],
  ['indented by tabs', (json) => JSON.stringify(json, null, '\t')],
  ['with spaces inside its braces', (json) => writeSpaced(json, ', ', ': ', ' ')],
  ['with sorted names', (json) => JSON.stringify(sortNames(json))],
  ['with sorted names and spaces', (json) => writeSpaced(sortNames(json), ', ', ': ')],
]

const toHex4 = (code: number): string => code.toString(16).padStart(4, '0')
const escapeUnicode = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (one) => `\\u${toHex4(one.charCodeAt(0))}`)

/** Writes whole numbers as languages with a type for fractions write them: 1.0. */
function addFractions(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b\d+\b(?![.eE])/g, (one) => (one.startsWith('"') ? one : `${one}.0`))
}

const escapes: readonly Change[] = [
  ['', (text) => text],
  ['with \\u escapes', escapeUnicode],
  ['with "/" escaped', (text) => text.replaceAll('/', '\\/')],
  [
    'with upper-case \\u escapes',
    (text) => escapeUnicode(text).replace(/\\u[0-9a-f]{4}/g, (one) => `\\u${one.slice(2).toUpperCase()}`),
  ],
  ['with <, > and & escaped', escapeHtml],
  ['with \\u escapes and <, > and & escaped', (text) => escapeHtml(escapeUnicode(text))],
  ['with ".0" after whole numbers', addFractions],
]

function escapeHtml(text: string): string {
  return text.replace(/[<>&\u2028\u2029]/g, (one) => `\\u${toHex4(one.charCodeAt(0))}`)
}

/** One change of the white space, with a fix of its own. */
export const gainedMark: string = 'gained a byte order mark'

/** `curl -d @FILE` removes the line ends, and keeps the spaces with which lines begin. */
export const lostLines: string = 'lost its line ends'

/** The text mode of Windows writes each LF as CRLF, also that of a CRLF. */
export const doubledReturns: string = 'gained one carriage return in each of its line breaks'

/** What to do about a carriage return too many. */
export const fixReturns: string =
  "Write and read the body as bytes (Python: 'wb' and 'rb'): the text mode of Windows adds a carriage return to each line end."

const whitespaces: readonly Change[] = [
  ['lost the line break at its end', (text) => `${text}\n`],
  ['lost the line break (CRLF) at its end', (text) => `${text}\r\n`],
  ['lost white space at its end', (text) => `${text} `],
  [gainedMark, (text) => text.replace(/^\ufeff/, '')],
  ['gained white space around it', (text) => text.trim()],
  ['gained white space at its end', (text) => text.trimEnd()],
  [doubledReturns, (text) => (text.includes('\r\r\n') ? text.replaceAll('\r\n', '\n') : text)],
  ['had its line breaks changed to CRLF', (text) => text.replaceAll('\r\n', '\n')],
  ['had its line breaks changed from CRLF', (text) => text.replace(/\r?\n/g, '\r\n')],
  ['had its line breaks changed from CRLF and lost the last', (text) => `${text.replace(/\r?\n/g, '\r\n')}\r\n`],
  ['lost its byte order mark', (text) => `\ufeff${text}`],
  ['gained a NUL or white space at its end', stripBlanks],
]

// In units of work, see limits.ts.
const unitsPerChangedCharacter = 2
const unitsPerWrittenCharacter = 8
const unitsPerHash = 400
const unitsPerHashedCharacter = 1

/**
 * Lists the bodies that may have been sent instead of this one, the most likely first. Ends once
 * `share` of the budget is spent.
 */
export function* listBodyVariants(body: Uint8Array, work: Work, share = 1): Generator<BodyVariant> {
  if (body.length > mostBytes) return
  for (const encoded of listEncodings(body)) {
    work.spend(unitsPerHash + unitsPerHashedCharacter * encoded.bytes.length)
    yield { hash: hashBody(encoded.bytes), written: undefined, spaced: undefined, encoded }
  }
  const text = decodeUtf8(body)
  if (text === undefined) return
  const affords = (units: number): boolean => {
    if (!work.isSpent(share)) work.spend(units * text.length)
    return !work.isSpent(share)
  }
  const seen = new Set([text])
  function* offer(variant: string, written?: string, spaced?: string): Generator<BodyVariant> {
    if (seen.has(variant)) return
    seen.add(variant)
    work.spend(unitsPerHash + unitsPerHashedCharacter * variant.length)
    yield { hash: hashBody(variant), written, spaced }
  }
  for (const [what, change] of whitespaces) {
    if (!affords(unitsPerChangedCharacter)) return
    yield* offer(change(text), undefined, what)
  }
  const json = parseBoundedJson(text)
  if (json === undefined) return
  for (const inner of listInnerTexts(json)) {
    if (!affords(unitsPerWrittenCharacter)) return
    yield* offer(inner, 'without that JSON around it')
  }
  const written: (readonly [variant: string, how: string])[] = []
  const texts = serializers.map(([how, write]) => [how, () => write(json)] as const)
  for (const [also, encode] of escapes)
    for (const [how, write] of [...texts, ['', () => text] as const]) {
      const both = [how, also].filter((one) => one !== '').join(', ')
      if (both === '') continue
      if (!affords(unitsPerWrittenCharacter)) return
      const variant = encode(write())
      work.spend(unitsPerHashedCharacter * variant.length)
      // A parser would not have kept the spaces. One at the end of the body was removed too.
      if (variant.includes('\n') && variant.replaceAll('\n', '') === text)
        for (const one of [variant, `${variant}\n`])
          for (const sent of [one, one.replaceAll('\n', '\r\n')]) yield* offer(sent, undefined, lostLines)
      written.push([variant, both])
      yield* offer(variant, both)
    }
  for (const [variant, how] of written)
    for (const [what, change] of whitespaces) {
      if (!affords(unitsPerChangedCharacter)) return
      yield* offer(change(variant), how, what)
    }
}

/** Finds the variant with a hash. */
export function findBodyVariant(hash: string, body: Uint8Array, work: Work): BodyVariant | undefined {
  for (const variant of listBodyVariants(body, work)) if (variant.hash === hash) return variant
  return undefined
}

/** Checks if a parser may have written a body. */
export function isRewrittenJson(body: Uint8Array, work: Work): boolean {
  const text = decodeUtf8(body)
  const json = text === undefined ? undefined : parseBoundedJson(text)
  if (text === undefined || json === undefined) return false
  const trimmed = text.trim()
  return serializers.slice(0, 6).some(([, write]) => {
    if (!work.affords(unitsPerWrittenCharacter * text.length)) return false
    work.spend(unitsPerWrittenCharacter * text.length)
    return write(json) === trimmed
  })
}

/**
 * Checks if only white space that no parser writes makes JSON differ from what JavaScript writes.
 */
export function isSpacedJson(body: Uint8Array, work: Work): boolean {
  const text = decodeUtf8(body)
  const json = text === undefined ? undefined : parseBoundedJson(text)
  if (text === undefined || json === undefined || !/^\s|\s$|\r|\n[ \t]*\n/.test(text)) return false
  if (!work.affords(unitsPerWrittenCharacter * text.length)) return false
  work.spend(unitsPerWrittenCharacter * text.length)
  const bare = text.replace(/^\ufeff/, '').replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
  return bare === JSON.stringify(json)
}

// No webhook has more. Indented JSON has a line for each value, which is longer the deeper the
// value is.
const mostLevels = 20
const mostValues = 30_000

/** Parses JSON of a usual size. Returns `undefined` for any other text. */
export function parseBoundedJson(text: string): unknown {
  if (!isBoundedJson(text, mostValues, mostLevels)) return undefined
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
}

/** Queues and workflows put a whole request into few levels and fields. */
const [mostWrappers, mostInner, mostVisited] = [4, 20, 200]

/**
 * Lists the texts in JSON that may be the whole body: that of a text or a Buffer, and those in the
 * fields of an event that holds a request.
 */
function listInnerTexts(json: unknown): readonly string[] {
  if (typeof json === 'string') return [json]
  const found: string[] = []
  let visited = 0
  const visit = (value: unknown, level: number): void => {
    if (++visited > mostVisited || found.length >= mostInner || level > mostWrappers) return
    if (typeof value === 'string') found.push(...[value, decodeBase64Text(value)].filter(isJsonText))
    const { type, data } = Object(value)
    if (type === 'Buffer' && Array.isArray(data)) found.push(decodeUtf8(Uint8Array.from(data)) ?? '')
    else if (typeof value === 'object' && value !== null)
      for (const one of Object.values(value).slice(0, mostInner)) visit(one, level + 1)
  }
  visit(json, 0)
  return found
}

function isJsonText(text: string | undefined): text is string {
  return text !== undefined && /^\s*[[{]/.test(text)
}

function writeSpaced(json: unknown, comma: string, colon: string, inner = ''): string {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json) ?? 'null'
  const parts = Array.isArray(json)
    ? json.map((one) => writeSpaced(one, comma, colon, inner))
    : Object.entries(json).map(
        ([name, value]) => JSON.stringify(name) + colon + writeSpaced(value, comma, colon, inner),
      )
  const [open, close] = Array.isArray(json) ? '[]' : '{}'
  return parts.length === 0 ? `${open}${close}` : `${open}${inner}${parts.join(comma)}${inner}${close}`
}

function sortNames(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(sortNames)
  const sorted: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(json).sort(([one], [other]) => (one < other ? -1 : 1)))
    sorted[name] = sortNames(value)
  return sorted
}
