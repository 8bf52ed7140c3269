import { parseUrl } from '../checks/runtime.ts'
import { type Pairs, parseForm } from '../form.ts'
import { splitUrl } from '../url.ts'

/**
 * Lists the spellings of a URL that the `twilio` package tries: the URL as received, as `new URL()`
 * writes it, and with its query as Node.js's `querystring` writes it. Ports and `'` are varied by
 * the core. A spelling is listed only if an application reads the same path and parameters from it.
 * Otherwise the owner of one signed request could choose what is read.
 * @returns a generator, because most genuine requests match the first spelling and need no other.
 */
export function* listUrlSpellings(url: string): Generator<string> {
  yield url
  const normalized = parseUrl(url)?.href
  if (normalized === undefined || !isSameReading(url, normalized)) return
  yield normalized
  const legacy = respellQuery(normalized)
  if (legacy !== undefined) yield legacy
}

/**
 * `new URL()` also resolves dot segments and turns backslashes around. The result is then another
 * path.
 */
function isSameReading(url: string, normalized: string): boolean {
  const one = splitUrl(url.trim())
  const other = splitUrl(normalized)
  if (one === undefined || other === undefined) return false
  const isSamePath = (one.path || '/') === other.path || decode(one.path) === decode(other.path)
  if (!isSamePath) return false
  return one.query === other.query || isSamePairs(readQuery(one.query), readQuery(other.query))
}

/**
 * Percent-encodes every parameter as `querystring` does: `%27` becomes `'`, `@` becomes `%40`, `+`
 * becomes `%20`.
 * @returns `undefined` if an application would read the result differently
 */
function respellQuery(url: string): string | undefined {
  const { query = '' } = splitUrl(url) ?? {}
  const pairs = readQuery(query)
  if (pairs === undefined || pairs.length === 0 || hasTwoReadings(query) || !isSamePairs(pairs, group(pairs)))
    return undefined
  const fields = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return `${url.slice(0, url.indexOf('?'))}?${fields.join('&')}`
}

/**
 * Orders pairs as `querystring` writes them, in the order of an object: repeats next to each other,
 * integers first.
 */
function group(pairs: Pairs): Pairs {
  const values: Record<string, string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const known = values[name]
    if (known === undefined) values[name] = [value]
    else known.push(value)
  }
  return Object.keys(values).flatMap((name) => (values[name] ?? []).map((value) => [name, value] as const))
}

/**
 * Express reads queries with `qs`, which ends a name at the first `]=`. Here a name ends at the
 * first `=`.
 */
function hasTwoReadings(query: string): boolean {
  return query.split('&').some((field) => {
    const equals = field.indexOf('=')
    return equals !== -1 && /(?:\]|%5D)=/i.test(field.slice(equals + 1))
  })
}

/**
 * Compares the parameters of two queries, which may differ in order and spelling.
 * @param arrived The query that a stranger may have written.
 */
export function isSameQuery(arrived: string, configured: string): boolean {
  if (arrived === configured) return true
  // A character has at most nine in another spelling, and a name without a value may have an equals
  // sign. A longer one is another query, and may hold thousands of pairs.
  if (arrived.length > 10 * configured.length + 1) return false
  const [ones, others] = [readQuery(arrived), readQuery(configured)]
  if (ones?.length !== others?.length) return false
  return isSamePairs(sort(ones), sort(others))
}

function sort(pairs: Pairs | undefined): Pairs | undefined {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return pairs && [...pairs].sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
}

function isSamePairs(ones: Pairs | undefined, others: Pairs | undefined): boolean {
  if (ones === undefined || others === undefined || ones.length !== others.length) return false
  return ones.every(([name, value], index) => name === others[index]?.[0] && value === others[index]?.[1])
}

function readQuery(query: string): Pairs | undefined {
  return parseForm(query.slice(1))
}

/** Decodes a path. A malformed one gives a symbol, which equals nothing. */
function decode(path: string): string | symbol {
  try {
    return decodeURIComponent(path || '/')
  } catch {
    return Symbol('malformed')
  }
}
