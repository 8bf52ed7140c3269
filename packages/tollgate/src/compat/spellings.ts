import { parseForm } from '../scheme/form.ts'
import { splitUrl } from '../scheme/signed-url.ts'
import type { Pairs } from '../scheme/signing-string.ts'

/**
 * The spellings of a URL that the `twilio` package tries: as received, as `new URL()` writes it, and that with its query as
 * Node.js's `querystring` writes it. (Ports, userinfo and `'` are varied by the core.) A spelling counts only where an application
 * reads the same out of it as out of the URL that arrived: else whoever holds one signed request could choose what is read.
 */
export function listUrlSpellings(url: string): string[] {
  const spellings = [url]
  const normalized = normalize(url)
  if (normalized !== undefined && isSameReading(url, normalized)) {
    spellings.push(normalized)
    const legacy = respellQuery(normalized)
    if (legacy !== undefined) spellings.push(legacy)
  }
  return [...new Set(spellings.flatMap(splitUserinfoAndPort))]
}

// Not URL.canParse: in Node.js 20 it refuses Latin letters such as `ü` after some thousand calls, when its fast path takes over.
function normalize(url: string): string | undefined {
  try {
    return new URL(url).href
  } catch {
    return undefined
  }
}

/** The core varies userinfo, port, path and `'` together under one limit, which the three of them with a port would pass. */
function splitUserinfoAndPort(url: string): string[] {
  const parts = splitUrl(url)
  if (parts === undefined || parts.userinfo === '' || parts.port === '') return [url]
  const { scheme, userinfo, host, path, query } = parts
  return [url, `${scheme}://${userinfo}${host}${path}${query}`]
}

/** `new URL()` also resolves dot segments and turns backslashes: then the signature would be that of another path. */
function isSameReading(url: string, normalized: string): boolean {
  const one = splitUrl(url.trim())
  const other = splitUrl(normalized)
  if (one === undefined || other === undefined) return false
  const isSamePath = (one.path || '/') === other.path || decode(one.path) === decode(other.path)
  if (!isSamePath) return false
  return one.query === other.query || isSamePairs(readQuery(one.query), readQuery(other.query))
}

/** Every parameter percent-encoded anew: `%27` becomes `'`, `@` `%40`, `+` `%20`. `undefined` where that changes what it says. */
function respellQuery(url: string): string | undefined {
  const { query = '' } = splitUrl(url) ?? {}
  const pairs = readQuery(query)
  if (pairs === undefined || pairs.length === 0 || hasTwoReadings(query) || !isSamePairs(pairs, group(pairs)))
    return undefined
  const fields = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return `${url.slice(0, url.indexOf('?'))}?${fields.join('&')}`
}

/** In the order in which an object holds them, which `querystring` goes through: repeats next to each other, integers first. */
function group(pairs: Pairs): Pairs {
  const values: Record<string, string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const known = values[name]
    if (known === undefined) values[name] = [value]
    else known.push(value)
  }
  return Object.keys(values).flatMap((name) => (values[name] ?? []).map((value) => [name, value] as const))
}

/** The package `qs`, with which Express reads queries, ends a name at `]=` rather than at the first `=`. */
function hasTwoReadings(query: string): boolean {
  return query.split('&').some((field) => /=.*(\]|%5D)=/is.test(field))
}

/** Whether two queries, in whatever order and spelling, hold the same parameters. */
export function isSameQuery(one: string, other: string): boolean {
  if (one === other) return true
  const [ones, others] = [sort(readQuery(one)), sort(readQuery(other))]
  return isSamePairs(ones, others)
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

/** A text that cannot be decoded is equal to nothing. */
function decode(path: string): string | symbol {
  try {
    return decodeURIComponent(path || '/')
  } catch {
    return Symbol('malformed')
  }
}
