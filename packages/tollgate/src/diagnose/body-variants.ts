import { decodeUtf8 } from '../scheme/form.ts'
import { hashBody } from '../scheme/signature.ts'
import { stripBlanks } from './ends.ts'
import { isBoundedJson } from './nesting.ts'
import type { CauseId } from './types.ts'
import type { Work } from './work.ts'

/** A body as it may have been sent, and what was done to it since. */
export interface BodyVariant {
  readonly hash: string
  readonly causes: readonly { readonly id: CauseId; readonly detail: string }[]
}

/** Each variant is hashed whole. */
const largest = 256 * 1024
const encoder = new TextEncoder()

type Change = readonly [what: string, change: (text: string) => string]

const serializers: readonly (readonly [what: string, write: (json: unknown) => string])[] = [
  ['as JSON.stringify writes it', (json) => JSON.stringify(json)],
  ['with a space behind every comma and colon', (json) => writeSpaced(json, ', ', ': ')],
  ['with a space behind every colon', (json) => writeSpaced(json, ',', ': ')],
  ['with a space behind every comma', (json) => writeSpaced(json, ', ', ':')],
  ['with spaces around every colon', (json) => writeSpaced(json, ',', ' : ')],
  ['indented by 2', (json) => JSON.stringify(json, null, 2)],
  ['indented by 4', (json) => JSON.stringify(json, null, 4)],
  ['indented by tabs', (json) => JSON.stringify(json, null, '\t')],
  ['indented by 3', (json) => JSON.stringify(json, null, 3)],
  ['indented by 1', (json) => JSON.stringify(json, null, 1)],
  ['with spaces inside its braces', (json) => writeSpaced(json, ', ', ': ', ' ')],
  ['with its names in order', (json) => JSON.stringify(sortNames(json))],
  ['with its names in order and spaces', (json) => writeSpaced(sortNames(json), ', ', ': ')],
  ['indented by 2 with its names in order', (json) => JSON.stringify(sortNames(json), null, 2)],
]

const toHex = (code: number): string => code.toString(16).padStart(4, '0')
const escapeUnicode = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (one) => `\\u${toHex(one.charCodeAt(0))}`)

const escapes: readonly Change[] = [
  ['', (text) => text],
  ['with \\u escapes', escapeUnicode],
  ['with "/" escaped', (text) => text.replaceAll('/', '\\/')],
  ['with \\u escapes and "/" escaped', (text) => escapeUnicode(text).replaceAll('/', '\\/')],
  [
    'with upper-case \\u escapes',
    (text) => escapeUnicode(text).replace(/\\u[0-9a-f]{4}/g, (one) => `\\u${one.slice(2).toUpperCase()}`),
  ],
  ['with <, > and & escaped', escapeHtml],
  ['with \\u escapes and <, > and & escaped', (text) => escapeHtml(escapeUnicode(text))],
]

function escapeHtml(text: string): string {
  return text.replace(/[<>&\u2028\u2029]/g, (one) => `\\u${toHex(one.charCodeAt(0))}`)
}

const whitespaces: readonly Change[] = [
  ['lost the line break at its end', (text) => `${text}\n`],
  ['lost the line break (CRLF) at its end', (text) => `${text}\r\n`],
  ['lost white space at its end', (text) => `${text} `],
  ['gained white space around it', (text) => text.trim()],
  ['gained white space at its end', (text) => text.trimEnd()],
  ['had its line breaks changed to CRLF', (text) => text.replaceAll('\r\n', '\n')],
  ['had its line breaks changed from CRLF', (text) => text.replace(/\r?\n/g, '\r\n')],
  ['had its line breaks changed from CRLF and lost the last', (text) => `${text.replace(/\r?\n/g, '\r\n')}\r\n`],
  ['had its line breaks changed to CR', (text) => text.replaceAll('\r', '\n')],
  ['gained a byte order mark', (text) => text.replace(/^\ufeff/, '')],
  ['lost its byte order mark', (text) => `\ufeff${text}`],
  ['lost its byte order mark and line break', (text) => `\ufeff${text}\n`],
  ['lost white space in front', (text) => ` ${text}`],
  ['lost a line break in front', (text) => `\n${text}`],
  ['lost line breaks around it', (text) => `\n${text}\n`],
  ['lost white space around it', (text) => ` ${text} `],
  ['lost two line breaks at its end', (text) => `${text}\n\n`],
  ['lost the line breaks (CRLF) at its end', (text) => `${text}\r\n\r\n`],
  ['gained a NUL or white space at its end', stripBlanks],
]

// Measured in characters that are read once.
const unitsPerChangedCharacter = 2
const unitsPerWrittenCharacter = 8
const unitsPerHash = 400
const unitsPerHashedCharacter = 1

/**
 * The bodies that may have been sent for this one, likeliest first, without the one that arrived; as many as a share of the
 * budget allows.
 */
export function* listBodyVariants(body: Uint8Array, work: Work, share = 1): Generator<BodyVariant> {
  const text = body.length > largest ? undefined : decodeUtf8(body)
  if (text === undefined) return
  const affords = (units: number): boolean => {
    if (!work.isSpent(share)) work.spend(units * text.length)
    return !work.isSpent(share)
  }
  const seen = new Set([text])
  function* offer(variant: string, causes: BodyVariant['causes']): Generator<BodyVariant> {
    if (seen.has(variant)) return
    seen.add(variant)
    work.spend(unitsPerHash + unitsPerHashedCharacter * variant.length)
    yield { hash: hashBody(encoder.encode(variant)), causes }
  }
  const spaceCause = (what: string): BodyVariant['causes'] => [{ id: 'body_whitespace', detail: `The body ${what}.` }]
  for (const [what, change] of whitespaces) {
    if (!affords(unitsPerChangedCharacter)) return
    yield* offer(change(text), spaceCause(what))
  }
  const json = parseJson(text)
  if (json === undefined) return
  const written: (readonly [string, BodyVariant['causes']])[] = []
  const texts = serializers.map(([how, write]) => [how, () => write(json.value)] as const)
  for (const [also, encode] of escapes)
    for (const [how, write] of [...texts, ['', () => text] as const]) {
      const spelled = [how, also].filter((one) => one !== '').join(', ')
      if (spelled === '') continue
      if (!affords(unitsPerWrittenCharacter)) return
      const variant = encode(write())
      work.spend(unitsPerHashedCharacter * variant.length)
      const causes = [
        { id: 'body_reserialized' as const, detail: `The body was parsed and written anew: it was sent ${spelled}.` },
      ]
      written.push([variant, causes])
      yield* offer(variant, causes)
    }
  for (const [variant, causes] of written)
    for (const [what, change] of whitespaces) {
      if (!affords(unitsPerChangedCharacter)) return
      yield* offer(change(variant), [...causes, ...spaceCause(what)])
    }
}

/** Whether a body is written as JavaScript writes JSON: then a parser may well have been at it. */
export function isRewrittenJson(body: Uint8Array, work: Work): boolean {
  const text = decodeUtf8(body)
  const json = text === undefined ? undefined : parseJson(text)
  if (text === undefined || json === undefined) return false
  const trimmed = text.trim()
  return serializers.slice(0, 8).some(([, write]) => {
    if (!work.affords(unitsPerWrittenCharacter * text.length)) return false
    work.spend(unitsPerWrittenCharacter * text.length)
    return write(json.value) === trimmed
  })
}

// More than any webhook has. Indenting costs a line for each value, as long as it is deep.
const mostLevels = 20
const mostValues = 30_000

/** `undefined` for what is no JSON, and for JSON that no webhook has. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  if (!isBoundedJson(text, mostValues, mostLevels)) return undefined
  try {
    return { value: JSON.parse(text.replace(/^\ufeff/, '')) }
  } catch {
    return undefined
  }
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
