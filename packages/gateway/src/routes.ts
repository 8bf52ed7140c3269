import { verifierOptions as verifierTable } from 'tollgate/internal'
import { findDiagnoser } from './diagnoser.ts'
import type { GatewayOptions, Route, TwilioRoute } from './options.ts'
import { findScheme } from './schemes.ts'
import type { Upstreams } from './upstream/pool.ts'

type Row = ReturnType<typeof prepareRow>

/** A route with its verifier and the connections to its upstream. */
export type OpenRoute = Row['route']

/**
 * Prepares the routes, creates their verifiers and opens the pools of their upstreams.
 * @throws TypeError or RangeError that names the route and the option. Nothing is open then.
 */
export function* prepareRoutes(options: GatewayOptions, upstreams: Upstreams) {
  const { routes } = options
  const rows: Row[] = []
  const retire = (): void => {
    for (const { route } of rows) route.pool.release()
  }
  try {
    for (const [index, route] of routes.entries()) {
      rows.push(namePlaceInErrors(['routes', index], () => prepareRow(route, options, upstreams)))
      yield 1
    }
    rows.sort(compareRows)
    refuseEqual(rows)
  } catch (error) {
    retire()
    throw error
  }
  const areFolded = rows.every(({ path, foldedPath }) => path === foldedPath)
  const ofHosts = groupByHost(rows)
  const isOneForAll = rows.length === 1 && rows[0]?.path === '' && rows[0].host === undefined
  return {
    /** Releases the connections. Must be called when no new request can begin with these routes. */
    retire,
    /**
     * Finds the route of a request.
     * @returns `'ambiguous'` if another server could read the path as that of another route,
     * `undefined` if no route matches
     */
    find(host: string, target: string): OpenRoute | 'ambiguous' | undefined {
      if (isOneForAll) return rows[0]?.route
      const queryAt = target.indexOf('?')
      const path = queryAt === -1 ? target : target.slice(0, queryAt)
      const candidates = listHosts(host)
        .flatMap((one) => ofHosts.get(one) ?? [])
        .sort((one, other) => one - other)
        .flatMap((index) => rows[index] ?? [])
      const found = candidates.find((row) => isUnder(path, row.path))?.route
      if (areFolded && isPlainPath(path)) return found
      const isSame = listPathSpellings(path).every(
        (spelling) => candidates.find((row) => isUnder(spelling, row.foldedPath))?.route === found,
      )
      return isSame ? found : 'ambiguous'
    },
  }
}

/** An upstream can ignore letter case. It would read paths that differ only in it as the same. */
function refuseEqual(rows: readonly Row[]): void {
  const seen = new Set<string>()
  for (const { host = '*', path, foldedPath } of rows) {
    const key = `${host}${foldedPath}`
    if (seen.has(key)) throw new TypeError(`"routes" has two routes for host ${host} and path ${path || '/'}`)
    seen.add(key)
  }
}

/** The place of a route's error, and its message without the place. */
export interface ErrorPlace {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Adds the place of a route to the errors of its options: to the message, and as `place`. */
export function namePlaceInErrors<T>(path: ErrorPlace['path'], prepare: () => T): T {
  try {
    return prepare()
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      const [name, index] = path
      Object.defineProperty(error, 'place', { value: { path, message: error.message } satisfies ErrorPlace })
      error.message = `In ${name}${index === undefined ? '' : `[${index}]`}: ${error.message}`
    }
    throw error
  }
}

function prepareRow(route: Route, options: GatewayOptions, upstreams: Upstreams) {
  const given: Route & Pick<TwilioRoute, 'webSocket'> = route
  const { scheme: _, host, path, upstream, webSocket = false, ...verifierOptions } = given
  const scheme = findScheme(route)
  if (typeof path !== 'string' || !isPlainPath(path.toLowerCase()))
    throw new TypeError('"path" must be a path such as "/" or "/sms", without escapes, "//" or dot segments')
  if (host !== undefined && !isHost(host))
    throw new TypeError('"host" must be a host or host:port, as in the Host header, without wildcards')
  if (typeof webSocket !== 'boolean') throw new TypeError('"webSocket" must be true or false')
  checkMaxBodyBytes(route.maxBodyBytes)
  const verifier = scheme.create({ ...verifierOptions, ...findDiagnoser(options, scheme.loadDiagnoser) })
  const origin = parseUpstream(upstream)
  return {
    host: host?.toLowerCase(),
    path: path.replace(/\/$/, ''),
    foldedPath: path.replace(/\/$/, '').toLowerCase(),
    route: {
      given: route,
      scheme: scheme.name,
      verifier,
      verifierOptions,
      maxBodyBytes: route.maxBodyBytes ?? verifierTable.maxBodyBytes.default,
      /** The origin of the upstream: scheme, host and port. */
      upstream: origin,
      pool: upstreams.open(origin),
      webSocket,
    },
  }
}

/**
 * Returns true for text that a Host header can have: nothing in it can be read as a path or a
 * query.
 */
export function isHost(host: unknown): boolean {
  const match = typeof host === 'string' ? /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(host) : null
  return match !== null && Number(match[1] ?? 0) <= 65_535
}

/**
 * Returns the name of a variable that a shell or a template has not replaced. Without braces, the
 * name could also be a part of a password, which stands before an "@".
 */
export function findVariableName(text: string): string | undefined {
  return (/\$\{([A-Z_]\w{0,63})/i.exec(text) ?? /^[^@]*?\$([A-Z_]\w{0,63})[^@]*$/i.exec(text))?.[1]
}

/** @throws RangeError for a limit that would refuse every body */
export function checkMaxBodyBytes(maxBodyBytes: unknown): void {
  if (maxBodyBytes === 0) throw new RangeError('"maxBodyBytes" must be at least 1: 0 would refuse every body')
}

function parseUpstream(upstream: unknown): string {
  const variable = typeof upstream === 'string' ? findVariableName(upstream) : undefined
  if (variable !== undefined)
    throw new TypeError(`"upstream" contains the variable ${variable}, which was not replaced by its value`)
  const url = typeof upstream === 'string' && URL.canParse(upstream) ? new URL(upstream) : undefined
  // URL drops an empty user, query or fragment, which can only be a mistake. It accepts "{{host}}".
  if (url === undefined || !/^https?:\/\/[^/\\?#@${}]+\/?$/i.test(String(upstream)))
    throw new TypeError('"upstream" must be http(s)://host:port, without a path')
  if (url.port === '0') throw new TypeError('"upstream" has the port 0, where nothing can listen')
  return url.origin
}

/** Sorts routes with a host before routes without, and longer paths before shorter ones. */
function compareRows(one: Row, other: Row): number {
  return Number(one.host === undefined) - Number(other.host === undefined) || other.path.length - one.path.length
}

/** Groups the indexes of rows by host, because a search through thousands takes too long. */
function groupByHost(rows: readonly Row[]): ReadonlyMap<string | undefined, readonly number[]> {
  const groups = new Map<string | undefined, number[]>()
  for (const [index, { host }] of rows.entries()) {
    const group = groups.get(host) ?? []
    groups.set(host, group)
    group.push(index)
  }
  return groups
}

/** Returns the host and its name without the port. `undefined` is for routes of all hosts. */
function listHosts(given: string): readonly (string | undefined)[] {
  const host = given.toLowerCase()
  return [...new Set([host, host.replace(/:\d*$/, ''), undefined])]
}

/**
 * Returns true if every server reads the path of a target as below the prefix.
 * @param prefix without a slash at the end
 */
export function isPlainlyUnder(target: string, prefix: string): boolean {
  const path = target.replace(/\?.*/s, '')
  return isPlainPath(path.toLowerCase()) && isUnder(path, prefix)
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

const plain = /^(\/[a-z0-9_-][a-z0-9._~-]*)*\/?$/

/**
 * Returns true if all servers read a path in the same way. Such a path has no escapes, dot
 * segments, repeated slashes, parameters or capital letters.
 */
export function isPlainPath(path: string): boolean {
  return plain.test(path)
}

/**
 * Returns the ways in which servers can read a path, in lower case: unchanged, decoded, with dot
 * segments resolved, with slashes merged, and without parameters.
 */
function listPathSpellings(path: string): readonly string[] {
  const spellings = new Set<string>()
  for (const spelling of [path, decodeFully(path)]) {
    const folded = spelling.toLowerCase()
    const slashes = folded.replaceAll('\\', '/')
    const bare = slashes.replace(/;[^/]*/g, '')
    for (const one of [folded, slashes, bare, slashes.replace(/\/{2,}/g, '/'), bare.replace(/\/{2,}/g, '/')])
      spellings.add(one).add(resolveDots(one))
  }
  return [...spellings]
}

/** Decodes up to five times, because several servers in a row can each decode once. */
function decodeFully(path: string): string {
  let text = path
  for (let round = 0; round < 5; round++) {
    const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === text) break
    text = next
  }
  return text
}

function resolveDots(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  const last = path.slice(path.lastIndexOf('/') + 1)
  return `/${segments.join('/')}${last === '.' || last === '..' ? '/' : ''}`
}
