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

function encodeRun(run: string): string {
  try {
    return encodeURIComponent(run).replace(/[!'()*~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  } catch {
    return run // half of a surrogate pair
  }
}

/** Escapes each run of characters outside a set. */
function escapeRuns(unsafe: RegExp): (text: string) => string {
  return (text) => text.replace(unsafe, encodeRun)
}

export const escapers: readonly Spelling[] = [
  ['percent-encoded as browsers do', escapeRuns(/[\s"'<>`{}|\\^%\u0080-\u{10ffff}]+/gu)],
  ['percent-encoded as encodeURIComponent does', escapeRuns(/[^A-Za-z0-9\-_.!~*'()]+/gu)],
  ['percent-encoded as RFC 3986 asks', escapeRuns(/[^A-Za-z0-9\-_.~]+/gu)],
  ['percent-encoded as encodeURI does', escapeRuns(/[^A-Za-z0-9\-_.!~*'();/?:@&=+$,#]+/gu)],
  ['percent-encoded as forms are', escapeRuns(/[^A-Za-z0-9*\-._]+/gu)],
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
