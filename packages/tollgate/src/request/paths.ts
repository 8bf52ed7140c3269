import { readEnvironment } from '../environment.ts'
import { showOption } from '../known-options.ts'
import { parseUrl } from '../parse-url.ts'
import { splitUrl } from '../scheme/signed-url.ts'

/** Says whether a request is guarded, from the URLs or request targets by which it is known: original and mount-relative. */
export type PathFilter = (urls: readonly (string | undefined)[]) => boolean

/**
 * Makes the filter of a `paths` option: a string guards that path and everything below it, a RegExp what it matches,
 * case-insensitively; none guards all. Paths are compared as they arrive and under the prefix of `publicUrl`. Throws a TypeError for
 * an empty list, and for a RegExp with `g` or `y`, which would match only every other time.
 */
export function createPathFilter(paths: unknown, publicUrl?: unknown): PathFilter {
  if (paths === undefined) return () => true
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths]
  if (list.length === 0)
    throw new TypeError('"paths" is an empty list: it would guard nothing. Leave it out to guard everything')
  const tests = list.map(parsePath)
  const prefixes = new Set(['', ...listPrefixes(publicUrl ?? readEnvironment('TOLLGATE_PUBLIC_URL'))])
  return (urls) =>
    urls
      .flatMap((url) => (url === undefined ? [] : [readPath(url)]))
      .flatMap((path) => [...prefixes].map((prefix) => prefix + path))
      .flatMap(listReadings)
      .some((path) => path === undefined || tests.some((test) => test(path)))
}

function listPrefixes(publicUrl: unknown): string[] {
  const urls: readonly unknown[] = Array.isArray(publicUrl) ? publicUrl : [publicUrl]
  return urls.flatMap((url) => (typeof url === 'string' ? (splitUrl(url)?.path.replace(/\/$/, '') ?? []) : []))
}

function readPath(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/'
}

function parsePath(path: unknown): (path: string) => boolean {
  if (path instanceof RegExp || Object.prototype.toString.call(path) === '[object RegExp]') {
    const { source, flags } = path as RegExp
    if (/[gy]/.test(flags))
      throw new TypeError(`"paths" holds a RegExp with the flag g or y, which remembers where it matched last`)
    const pattern = new RegExp(source, flags.includes('i') ? flags : `${flags}i`)
    return (requested) => pattern.test(requested)
  }
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError(`"paths" holds ${showOption(path)}; a path starts with "/"`)
  const guarded = foldPath(path).replace(/^\/$/, '')
  return (requested) => {
    const folded = requested.toLowerCase()
    return folded === guarded || folded.startsWith(`${guarded}/`)
  }
}

/**
 * The ways in which a router might read a path: raw, decoded until nothing changes, normalised, and as WHATWG parses it. One that
 * cannot be decoded is `undefined`, and guarded. Guarding too much costs a 403, too little costs the check.
 */
function listReadings(path: string): (string | undefined)[] {
  const parsed = parseUrl(path, 'http://localhost')?.pathname
  const raw = [path, parsed]
  const decoded = raw.map((reading) => reading && decodeFully(reading))
  // Most routers take `/sms/` for `/sms`, and the other way round.
  const folded = [path, ...decoded].flatMap((reading) => (reading ? [foldPath(reading), `${foldPath(reading)}/`] : []))
  return [...raw, ...decoded, ...folded]
}

const maxDecodings = 5

function decodeFully(path: string): string | undefined {
  let current = path
  for (let round = 0; round < maxDecodings; round++) {
    let decoded: string
    try {
      decoded = decodeURIComponent(current)
    } catch {
      return undefined
    }
    if (decoded === current) return current
    current = decoded
  }
  return undefined
}

/** Backslashes as slashes, matrix parameters dropped, repeated slashes as one, dot segments resolved, letter case folded. */
function foldPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.toLowerCase().split(/[/\\]/)) {
    const name = segment.replace(/;.*$/, '')
    if (name === '..') segments.pop()
    else if (name !== '' && name !== '.') segments.push(name)
  }
  return `/${segments.join('/')}`
}
