import { showOption } from '../checks/options.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { splitUrl } from '../url.ts'
import { readTarget } from './public-url.ts'

/**
 * How a router mounts a handler at a path: for that path and the paths below it, or (h3 1) for
 * every path that begins with its text, such as `/voicemail` for `/voice`. `'baseless'` (Nitro 3)
 * mounts without the base URL, which the guard does not know: `/base/voice` then guards `/voice`.
 */
export type Mounting = 'segments' | 'text' | 'baseless'

/**
 * Decides if a request is guarded.
 * @param urls Its URLs or request targets: the original one, and the one relative to the mount
 *   point.
 */
export type PathFilter = (urls: readonly (string | undefined)[], mounting?: Mounting) => boolean

/**
 * Creates the filter of a `paths` option. A string guards its path and everything below it, a
 * RegExp every path that it matches, both in any letter case. Without `paths` everything is
 * guarded. Paths are compared as they arrive and with the prefix of `publicUrl`. The work is linear
 * in the length of a request's target, except for RegExps of the user's.
 * @throws TypeError for an empty list, for a string that is not a path, and for a RegExp with `g`
 *   or `y`, which would match every other time only.
 */
export function createPathFilter(paths: unknown, publicUrl?: unknown): PathFilter {
  if (paths === undefined) return () => true
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths]
  if (list.length === 0)
    throw new TypeError('"paths" is an empty list: it would guard nothing. Leave it out to guard everything')
  const rules = list.map(parseRule)
  const below = listPrefixes(publicUrl ?? readEnvironment('TOLLGATE_PUBLIC_URL')).map(listReadings)
  const prefixes = below.flatMap((readings) => readings ?? [])
  const isGuarded = (path: string | undefined, mounting: Mounting): boolean => {
    const readings = path === undefined ? undefined : listReadings(path)
    // A path that cannot be read is guarded, and so is every path if a prefix cannot be read.
    if (readings === undefined || below.includes(undefined)) return true
    // The path is read once, and not once for each prefix: that of a hostile request is long.
    return readings.some((reading) =>
      [reading, ...prefixes.map((prefix) => putBelow(prefix, reading))].some((one) =>
        rules.some((rule) => rule(one, mounting)),
      ),
    )
  }
  return (urls, mounting = 'segments') => {
    const known = new Set(urls.filter((url) => url !== undefined))
    return [...known].some((url) => isGuarded(findPath(url), mounting))
  }
}

function putBelow(prefix: PathReading, { text, segments }: PathReading): PathReading {
  return { text: prefix.text + text, segments: [...prefix.segments, ...segments] }
}

function listPrefixes(publicUrl: unknown): string[] {
  const urls: readonly unknown[] = Array.isArray(publicUrl) ? publicUrl : [publicUrl]
  const prefixes = urls.flatMap((url) => splitUrl(url)?.path.replace(/\/$/, '') || [])
  return [...new Set(prefixes)]
}

/**
 * Finds the path of a request target, of its rest below a mount or of an absolute URL, without its
 * query.
 * @returns `undefined` if parsers disagree on where it begins: some read `/voice` as the path of
 *   `http://host?x/voice` or `http://host\voice`. Node.js lets a target begin with `*`, and
 *   Fastify's router takes any first character for the slash: `*voice` is `/voice`. Because of
 *   white space, Express and Koa use a parser that finds a host in `//a@b/voice`
 */
function findPath(url: string): string | undefined {
  if (/\s/.test(url)) return undefined
  if (!/^([/?#]|$)/.test(url)) return readTarget(url)?.path
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** One way to read a path. */
interface PathReading {
  readonly text: string
  /**
   * In lower case, without empty segments and `.`. Everything after a `;`, `?` or `#` is cut off,
   * as some servers do.
   */
  readonly segments: readonly string[]
}

const maxDecodings = 5
/**
 * The largest number of segments. No route has more, and each segment costs more than its bytes.
 */
const mostSegments = 256

/**
 * Lists the ways in which a router might read a path: as it is, and decoded once or several times.
 * @returns `undefined` for a path that is guarded because servers differ on it: one that cannot be
 *   decoded, that has a tab or a line break, or that has a `..`, which clients resolve before they
 *   send. A guard on too many paths costs a 403, a guard on too few costs the check.
 */
function listReadings(path: string): readonly PathReading[] | undefined {
  const readings: PathReading[] = []
  for (let current = path, round = 0; round <= maxDecodings; round++) {
    const reading = readSegments(current)
    if (reading === undefined || reading.segments.includes('..')) return undefined
    readings.push(reading)
    // URL parsers read the first segment after two slashes as a host.
    if (/^[/\\]{2}/.test(reading.text)) readings.push(joinReading(reading.segments.slice(1)))
    const decoded = current.includes('%') ? decode(current) : current
    if (decoded === undefined) return undefined
    if (decoded === current) return readings
    current = decoded
  }
  return undefined
}

function readSegments(text: string): PathReading | undefined {
  // URL parsers drop these three in every place. Routers keep them.
  if (['\t', '\n', '\r'].some((character) => text.includes(character))) return undefined
  // With the empty part before the first slash, and one more part that shows that there are too
  // many.
  const parts = text.split(/[/\\]+/, mostSegments + 2)
  if (parts.length > mostSegments + 1) return undefined
  const segments = parts.map((part) => cutParameters(part).toLowerCase())
  return { text, segments: segments.filter((segment) => segment !== '' && segment !== '.') }
}

function cutParameters(segment: string): string {
  const start = segment.search(/[;?#]/)
  return start === -1 ? segment : segment.slice(0, start)
}

function joinReading(segments: readonly string[]): PathReading {
  return { text: `/${segments.join('/')}`, segments }
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

type Rule = (reading: PathReading, mounting: Mounting) => boolean

function parseRule(path: unknown): Rule {
  if (path instanceof RegExp || Object.prototype.toString.call(path) === '[object RegExp]')
    return parsePattern(path as RegExp)
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError(`"paths" holds ${showOption(path)}; a path starts with "/"`)
  if (/\*|\/:/.test(path))
    throw new TypeError(
      `"paths" holds ${showOption(path)}; a string is a path, not a pattern: it guards everything below it too`,
    )
  // The user may write it as it arrives, or as a router decodes it.
  const spellings = [path, decode(path) ?? path].map((spelling) => {
    const segments = readSegments(spelling)?.segments
    if (segments === undefined || segments.includes('..'))
      throw new TypeError(`"paths" holds ${showOption(path)}; resolve its ".."`)
    return segments
  })
  return (reading, mounting) =>
    spellings.some((guarded) => {
      if (mounting === 'text') return reading.segments.join('/').startsWith(guarded.join('/'))
      const begins = (start: number): boolean =>
        guarded.slice(start).every((segment, index) => reading.segments[index] === segment)
      return begins(0) || (mounting === 'baseless' && guarded.some((_, start) => begins(start)))
    })
}

function parsePattern({ source, flags }: RegExp): Rule {
  if (/[gy]/.test(flags))
    throw new TypeError(`"paths" holds a RegExp with the flag g or y, which remembers where it matched last`)
  const pattern = new RegExp(source, flags.includes('i') ? flags : `${flags}i`)
  return ({ text, segments }) => {
    const folded = `/${segments.join('/')}`
    // Most routers do not distinguish `/sms/` and `/sms`.
    return [text, folded, `${folded}/`].some((path) => pattern.test(path))
  }
}
