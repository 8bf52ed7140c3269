/** How frameworks, proxies and HTTP clients spell the same characters in a URL. */
export type Spelling = readonly [what: string, spell: (text: string) => string]

const hexUpper = (text: string): string => text.replace(/%[0-9a-f]{2}/gi, (hex) => hex.toUpperCase())
const hexLower = (text: string): string => text.replace(/%[0-9a-f]{2}/gi, (hex) => hex.toLowerCase())

/** Decodes every escape that is valid UTF-8 and leaves the rest as it is. */
export function decodeAll(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

const encode = (character: string): string => {
  try {
    return encodeURIComponent(character).replace(
      /^[!'()*~]$/,
      (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch {
    return character // half of a surrogate pair
  }
}

/** Escapes what is outside a set of characters. */
function escapeExcept(safe: RegExp): (text: string) => string {
  return (text) => Array.from(text, (character) => (safe.test(character) ? character : encode(character))).join('')
}

export const escapers: readonly Spelling[] = [
  ['percent-encoded as browsers do', escapeExcept(/[^\s"'<>`{}|\\^%\u0080-\u{10ffff}]/u)],
  ['percent-encoded as encodeURIComponent does', escapeExcept(/[A-Za-z0-9\-_.!~*'()]/)],
  ['percent-encoded as RFC 3986 asks', escapeExcept(/[A-Za-z0-9\-_.~]/)],
  ['percent-encoded as encodeURI does', escapeExcept(/[A-Za-z0-9\-_.!~*'();/?:@&=+$,#]/)],
  ['percent-encoded as forms are', escapeExcept(/[A-Za-z0-9*\-._]/)],
]

export const hexCases: readonly Spelling[] = [
  ['with upper-case hex digits', hexUpper],
  ['with lower-case hex digits', hexLower],
]

/** Single characters that one side escapes and the other leaves alone: all escaped, and all plain. */
export function listToggles(text: string, characters: string): Spelling[] {
  const toggles: Spelling[] = []
  for (const character of characters) {
    const upper = `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
    const isEscaped = new RegExp(upper, 'i').test(text)
    if (isEscaped)
      toggles.push([`with ${upper} as "${character}"`, (one) => one.replace(new RegExp(upper, 'gi'), character)])
    if (text.includes(character))
      toggles.push([`with "${character}" as ${upper}`, (one) => one.replaceAll(character, upper)])
  }
  return toggles
}
