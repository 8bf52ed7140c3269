import type { Ran } from './routes.ts'

/**
 * Compares what a handler read with the path and the query that were signed. It allows the
 * spellings of WHATWG URLs for single characters, but no other boundary, segment or parameter.
 * Returns the first difference.
 */
export function findOtherAddress(ran: Ran, signed: string): string | undefined {
  const [path, query] = split(signed)
  for (const [name, url] of Object.entries(ran.urls)) {
    const [seenPath, seenQuery] = split(url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#\\]*/i, ''))
    if (!isSame(seenPath, path, spellPath)) return `${name} has the path ${JSON.stringify(seenPath)}`
    if (!isSame(seenQuery, query, spellQuery)) return `${name} has the query ${JSON.stringify(seenQuery)}`
  }
  for (const [name, seen] of Object.entries(ran.paths ?? {}))
    if (!isSame(seen, path, spellPath) && !isSame(seen, decode(path), spellPath))
      return `${name} is ${JSON.stringify(seen)}`
  for (const [name, seen] of Object.entries(ran.queries ?? {}))
    if (!isSame(seen, query, spellQuery)) return `${name} is ${JSON.stringify(seen)}`
  return undefined
}

/** Compares two runs of handlers: the route, its parameters, and the parsed query. */
export function findOtherRun(ran: Ran, plain: Ran): string | undefined {
  if (ran.route !== plain.route) return `ran ${ran.route}, and a plain request runs ${plain.route}`
  for (const part of ['params', 'parsed'] as const)
    if (spellPath(toText(ran[part])) !== spellPath(toText(plain[part])))
      return `${part} ${JSON.stringify(ran[part])}, and those of a plain request are ${JSON.stringify(plain[part])}`
  return undefined
}

/**
 * Writes parameters in the order of their names. Some routers collect them from the end of the
 * path.
 */
function toText(params: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Reads the answer of a handler, or the first message of a socket. `undefined`: none ran. */
export function readRan({ status, body }: { readonly status: unknown; readonly body: string }): Ran | undefined {
  if ((status !== 200 && status !== 101) || !body.startsWith('{"route":')) return undefined
  return JSON.parse(body) as Ran
}

/** Writes a signed path so that it can stand in a request line. */
export function spellTarget(signed: string): string {
  return (signed.startsWith('/') ? signed : `/${signed}`).replace(/[\0- \x7f]/g, encode)
}

/** Escapes what is not ASCII. */
export function spellLetters(signed: string): string {
  return signed.replace(/[^\0-\x7f]/gu, encode)
}

function split(text: string): readonly [path: string, query: string] {
  const mark = text.indexOf('?')
  return mark === -1 ? [text || '/', ''] : [text.slice(0, mark) || '/', text.slice(mark + 1)]
}

function isSame(seen: string, signed: string, spell: (text: string) => string): boolean {
  if (spell(seen) === spell(signed)) return true
  // Node.js gives the bytes of a target as one character for each byte.
  const isBytes = /^[\0-\xff]*[\x80-\xff][\0-\xff]*$/.test(seen)
  return isBytes && spell(Buffer.from(seen, 'latin1').toString()) === spell(signed)
}

// Escapes of letters and digits bound nothing, and h3 2 decodes them in `event.url`. Dots may be
// segments.
const unescapePlain = (text: string): string =>
  text.replace(/%(?:3\d|[46][1-9a-f]|[57][\da]|5f|2d|7e)/gi, (code) => decodeURIComponent(code))

// The characters that stay, by https://url.spec.whatwg.org/#path-percent-encode-set and those
// that `url.parse` of Node.js escapes in a query. A number sign would be a boundary, so it stays.
const spellPath = (text: string): string => raise(unescapePlain(text).replace(/[^!#-&(-;=@-\]_a-z|~]/gu, encode))
const spellQuery = (text: string): string => raise(text.replace(/[^!#-&(-;=?-[\]_a-z~]/gu, encode))

/** Writes the digits of escapes in upper case. */
function raise(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase())
}

function encode(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function decode(text: string): string {
  return text.replace(/(%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}
