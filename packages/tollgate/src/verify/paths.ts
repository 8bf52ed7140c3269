import { showOption } from '../checks/options.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { splitUrl } from '../scheme/signed-url.ts'

/**
 * How a router mounts a handler at a path: for that path and those below it, or (h3 1) for every path that begins with its text, such
 * as `/voicemail` for `/voice`.
 */
export type Mounting = 'segments' | 'text'

/** Says whether a request is guarded, from the URLs or request targets by which it is known: original and mount-relative. */
export type PathFilter = (urls: readonly (string | undefined)[], mounting?: Mounting) => boolean

/**
 * Makes the filter of a `paths` option: a string guards that path and everything below it, a RegExp what it matches, in any letter
 * case; without `paths` everything is guarded. Paths are compared as they arrive and under the prefix of `publicUrl`. All work is
 * linear in a request's target, RegExps of the user's aside.
 * @throws TypeError for an empty list, for a string that is no path, and for a RegExp with `g` or `y`, which would match only every
 * other time.
 */
export function createPathFilter(paths: unknown, publicUrl?: unknown): PathFilter {
  if (paths === undefined) return () => true
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths]
  if (list.length === 0)
    throw new TypeError('"paths" is an empty list: it would guard nothing. Leave it out to guard everything')
  const rules = list.map(parseRule)
  const prefixes = new Set(['', ...listPrefixes(publicUrl ?? readEnvironment('TOLLGATE_PUBLIC_URL'))])
  const isGuarded = (path: string | undefined, mounting: Mounting): boolean => {
    const readings = path === undefined ? undefined : listReadings(path)
    return readings === undefined || readings.some((reading) => rules.some((rule) => rule(reading, mounting)))
  }
  return (urls, mounting = 'segments') => {
    const known = new Set(urls.filter((url) => url !== undefined))
    return [...known].map(findPath).some((path) =>
      // A path that cannot be told is the same under every prefix.
      [...prefixes].some((prefix) => isGuarded(path === undefined ? path : prefix + path, mounting)),
    )
  }
}

function listPrefixes(publicUrl: unknown): string[] {
  const urls: readonly unknown[] = Array.isArray(publicUrl) ? publicUrl : [publicUrl]
  return urls.flatMap((url) => (typeof url === 'string' ? (splitUrl(url)?.path.replace(/\/$/, '') ?? []) : []))
}

/**
 * The path of a request target or an absolute URL, up to its query. `undefined` where parsers disagree on where it begins: some take
 * `/voice` for the path of `http://host?x/voice` or `http://host\voice`.
 */
function findPath(url: string): string | undefined {
  const [origin = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/\\?#]*/i.exec(url) ?? []
  const rest = url.slice(origin.length)
  if (origin !== '' && rest !== '' && !rest.startsWith('/')) return undefined
  const end = rest.indexOf('?')
  return end === -1 ? rest : rest.slice(0, end)
}

/** One way to read a path. */
interface Reading {
  readonly text: string
  /** In lower case, without empty ones, `.`, and what follows a `;`, `?` or `#`, which some servers cut off. */
  readonly segments: readonly string[]
}

const maxDecodings = 5
/** A path of more segments cannot be read: no route has so many, and each costs more than its bytes. */
const mostSegments = 256

/**
 * The ways in which a router might read a path: as it is, and decoded once or more often. `undefined`, and guarded, is one that cannot be
 * decoded, and one with a `..`, which no client sends unresolved: servers differ on when they resolve it. Guarding too much costs a
 * 403, too little costs the check.
 */
function listReadings(path: string): readonly Reading[] | undefined {
  const readings: Reading[] = []
  for (let current = path, round = 0; round <= maxDecodings; round++) {
    const reading = readSegments(current)
    if (reading === undefined || reading.segments.includes('..')) return undefined
    readings.push(reading)
    // URL parsers take the first segment behind two slashes for a host.
    if (/^[/\\]{2}/.test(reading.text)) readings.push(joinReading(reading.segments.slice(1)))
    const decoded = decode(current)
    if (decoded === undefined) return undefined
    if (decoded === current) return readings
    current = decoded
  }
  return undefined
}

function readSegments(path: string): Reading | undefined {
  // URL parsers drop these three wherever they are.
  const text = path.replace(/[\t\n\r]+/g, '')
  const kept = text.toLowerCase().replace(/[;?#][^/\\]*/g, '')
  // With the empty one before the first slash, and one more to show that there are too many.
  const parts = kept.split(/[/\\]+/, mostSegments + 2)
  if (parts.length > mostSegments + 1) return undefined
  return { text, segments: parts.filter((part) => part !== '' && part !== '.') }
}

function joinReading(segments: readonly string[]): Reading {
  return { text: `/${segments.join('/')}`, segments }
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

type Rule = (reading: Reading, mounting: Mounting) => boolean

function parseRule(path: unknown): Rule {
  if (path instanceof RegExp || Object.prototype.toString.call(path) === '[object RegExp]')
    return parsePattern(path as RegExp)
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError(`"paths" holds ${showOption(path)}; a path starts with "/"`)
  if (/\*|\/:/.test(path))
    throw new TypeError(
      `"paths" holds ${showOption(path)}; a string is a path and no pattern: it guards all below it too`,
    )
  // It may be written as it arrives, or as a router decodes it.
  const spellings = [path, decode(path) ?? path].map((spelling) => {
    const segments = readSegments(spelling)?.segments
    if (segments === undefined || segments.includes('..'))
      throw new TypeError(`"paths" holds ${showOption(path)}; resolve its ".."`)
    return segments
  })
  return (reading, mounting) =>
    spellings.some((guarded) =>
      mounting === 'text'
        ? reading.segments.join('/').startsWith(guarded.join('/'))
        : guarded.every((segment, index) => reading.segments[index] === segment),
    )
}

function parsePattern({ source, flags }: RegExp): Rule {
  if (/[gy]/.test(flags))
    throw new TypeError(`"paths" holds a RegExp with the flag g or y, which remembers where it matched last`)
  const pattern = new RegExp(source, flags.includes('i') ? flags : `${flags}i`)
  return ({ text, segments }) => {
    const folded = `/${segments.join('/')}`
    // Most routers take `/sms/` for `/sms`, and the other way round.
    return [text, folded, `${folded}/`].some((path) => pattern.test(path))
  }
}
