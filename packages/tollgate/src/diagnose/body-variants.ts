import { hashBody } from '../scheme/body-hash.ts'
import { decodeUtf8 } from '../scheme/form.ts'
import type { CauseId } from './types.ts'

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
  ['gained white space at its end', (text) => text.replace(/\s+$/, '')],
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
  ['gained a NUL or white space at its end', (text) => text.replace(/[\0\s]+$/, '')],
]

/** The bodies that may have been sent for this one, likeliest first, without the one that arrived. */
export function* listBodyVariants(body: Uint8Array): Generator<BodyVariant> {
  const text = decodeUtf8(body)
  if (text === undefined || body.length > largest) return
  const seen = new Set([text])
  function* offer(variant: string, causes: BodyVariant['causes']): Generator<BodyVariant> {
    if (seen.has(variant)) return
    seen.add(variant)
    yield { hash: hashBody(encoder.encode(variant)), causes }
  }
  const spaceCause = (what: string): BodyVariant['causes'] => [{ id: 'body_whitespace', detail: `The body ${what}.` }]
  for (const [what, change] of whitespaces) yield* offer(change(text), spaceCause(what))
  const json = parseJson(text)
  if (json === undefined) return
  const written: (readonly [string, BodyVariant['causes']])[] = []
  for (const [how, write] of serializers)
    for (const [also, encode] of escapes) {
      const spelled = also === '' ? how : `${how}, ${also}`
      const detail = `The body was parsed and written anew: it was sent ${spelled}.`
      written.push([encode(write(json.value)), [{ id: 'body_reserialized', detail }]])
    }
  for (const [also, encode] of escapes.slice(1)) {
    const detail = `The body was parsed and written anew: it was sent ${also}.`
    written.push([encode(text), [{ id: 'body_reserialized', detail }]])
  }
  for (const [variant, causes] of written) yield* offer(variant, causes)
  for (const [variant, causes] of written)
    for (const [what, change] of whitespaces) yield* offer(change(variant), [...causes, ...spaceCause(what)])
}

/** Whether a body is written as JavaScript writes JSON: then a parser may well have been at it. */
export function isRewrittenJson(body: Uint8Array): boolean {
  const text = decodeUtf8(body)
  const json = text === undefined ? undefined : parseJson(text)
  return json !== undefined && serializers.slice(0, 8).some(([, write]) => write(json.value) === text?.trim())
}

export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.replace(/^\ufeff/, '')) }
  } catch {
    return undefined
  }
}

// Deeper than any webhook, and shallow enough for the stack.
const deepest = 200

function writeSpaced(json: unknown, comma: string, colon: string, inner = '', depth = 0): string {
  if (typeof json !== 'object' || json === null || depth > deepest) return JSON.stringify(json) ?? 'null'
  const parts = Array.isArray(json)
    ? json.map((one) => writeSpaced(one, comma, colon, inner, depth + 1))
    : Object.entries(json).map(
        ([name, value]) => JSON.stringify(name) + colon + writeSpaced(value, comma, colon, inner, depth + 1),
      )
  const [open, close] = Array.isArray(json) ? '[]' : '{}'
  return parts.length === 0 ? `${open}${close}` : `${open}${inner}${parts.join(comma)}${inner}${close}`
}

function sortNames(json: unknown, depth = 0): unknown {
  if (typeof json !== 'object' || json === null || depth > deepest) return json
  if (Array.isArray(json)) return json.map((one) => sortNames(one, depth + 1))
  const sorted: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(json).sort(([one], [other]) => (one < other ? -1 : 1)))
    sorted[name] = sortNames(value, depth + 1)
  return sorted
}
