/** A way to spell the same characters of a URL, as a framework, a proxy or an HTTP client does. */
type Spelling = readonly [what: string, spell: (text: string) => string]

/** Decodes every escape that is valid UTF-8. */
export function decodeAll(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

function encodeRun(run: string): string {
  try {
    return encodeURIComponent(run).replace(/[!'()*~]/g, (one) => `%${toHex(one)}`)
  } catch {
    return run // half of a surrogate pair
  }
}

/** Writes the code of an ASCII character as two hex digits. */
export function toHex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
}

/** Lists a text with some of its first five parts capitalised. */
export function* capitaliseParts(
  parts: readonly string[],
  separator: string,
  word: RegExp = /^[a-z]/,
): Generator<string> {
  for (let bits = 1; bits < 1 << Math.min(parts.length, 5); bits++)
    yield parts
      .map((one, at) => (bits & (1 << at) ? one.replace(word, (letter) => letter.toUpperCase()) : one))
      .join(separator)
}

/** Escapes each run of characters outside a set. */
function escapeRuns(unsafe: RegExp): (text: string) => string {
  return (text) => text.replace(unsafe, encodeRun)
}

/** The sets of characters that encoders escape. */
export const escapers: readonly Spelling[] = [
  ['percent-encoded as browsers do', escapeRuns(/[\s"'<>`{}|\\^%\u0080-\u{10ffff}]+/gu)],
  ['percent-encoded as the class URL does', escapeRuns(/[\s"'<>#%\u0080-\u{10ffff}]+/gu)],
  ['percent-encoded as encodeURIComponent does', escapeRuns(/[^A-Za-z0-9\-_.!~*'()]+/gu)],
  ['percent-encoded as in RFC 3986', escapeRuns(/[^A-Za-z0-9\-_.~]+/gu)],
  ['percent-encoded as encodeURI does', escapeRuns(/[^A-Za-z0-9\-_.!~*'();/?:@&=+$,#]+/gu)],
  ['percent-encoded as in forms', escapeRuns(/[^A-Za-z0-9*\-._]+/gu)],
]

/** The two letter cases of escapes. */
export const hexCases: readonly Spelling[] = [
  ['with upper-case hex digits', (text) => text.replace(/%[0-9a-f]{2}/gi, (hex) => hex.toUpperCase())],
  ['with lower-case hex digits', (text) => text.replace(/%[0-9a-f]{2}/gi, (hex) => hex.toLowerCase())],
]

/** Lists the characters that one side may escape and the other may not. */
export function listToggles(text: string, characters: string): Spelling[] {
  const toggles: Spelling[] = []
  for (const character of characters) {
    const upper = `%${toHex(character)}`
    const isEscaped = new RegExp(upper, 'i').test(text)
    if (isEscaped)
      toggles.push([`with ${upper} as "${character}"`, (one) => one.replace(new RegExp(upper, 'gi'), character)])
    if (text.includes(character))
      toggles.push([`with "${character}" as ${upper}`, (one) => one.replaceAll(character, upper)])
  }
  return toggles
}

/** Decodes a text if all of its escapes are valid. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Splits a query at each `&`. */
export function splitFields(query: string): string[] {
  return query.length < 2 ? [] : query.slice(1).split('&')
}

/** Joins the fields of a query. */
export function joinFields(fields: readonly string[]): string {
  return fields.length === 0 ? '' : `?${fields.join('&')}`
}

/** Reads the name of a field. */
export function readName(field: string): string {
  return decodeAll(field.replace(/=.*$/s, ''))
}

// A regular expression such as /\s+$/ takes quadratic time for a long run that is not at the end.
// The following functions take linear time, as `trimEnd` does.

/** Removes slashes from the end. */
export function stripSlashes(path: string): string {
  return stripEnd(path, (one) => one === '/')
}

/** Removes digits from the end. */
export function stripDigits(name: string): string {
  return stripEnd(name, (one) => one >= '0' && one <= '9')
}

/** Removes white space and NULs from the end. */
export function stripBlanks(text: string): string {
  return stripEnd(text, (one) => one === '\0' || one.trim() === '')
}

function stripEnd(text: string, isRemoved: (character: string) => boolean): string {
  let end = text.length
  while (end > 0 && isRemoved(text.charAt(end - 1))) end--
  return text.slice(0, end)
}
