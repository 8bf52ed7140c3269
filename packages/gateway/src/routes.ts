import { createVerifier, type Verifier, type VerifierOptions } from 'tollgate'
import type { Route } from './options.ts'
import { isPlainPath, listPathSpellings } from './target-paths.ts'

/** A route, ready to verify and to forward. */
export interface PreparedRoute {
  readonly given: Route
  readonly verifier: Verifier
  readonly verifierOptions: VerifierOptions
  readonly maxBodyBytes: number
  /** Scheme, host and port, as a URL spells them. */
  readonly upstream: string
  readonly webSocket: boolean
}

export interface RouteTable {
  readonly routes: readonly PreparedRoute[]
  /** `'ambiguous'`: another reading of the path leads to another route; `undefined`: none matches. */
  find(host: string, target: string): PreparedRoute | 'ambiguous' | undefined
}

interface Row {
  readonly host: string | undefined
  readonly path: string
  readonly foldedPath: string
  readonly route: PreparedRoute
}

/** Throws a TypeError that names the route and the option. */
export function prepareRoutes(routes: readonly Route[]): RouteTable {
  const rows = routes.map((route, index) => inRoute(index, () => prepareRow(route))).sort(compareRows)
  const seen = new Set<string>()
  for (const { host = '*', path, foldedPath } of rows) {
    // Upstreams may fold letter cases, so that two such routes could not be told apart.
    const key = `${host}${foldedPath}`
    if (seen.has(key)) throw new TypeError(`"routes" has two routes for host ${host} and path ${path}`)
    seen.add(key)
  }
  const areFolded = rows.every(({ path, foldedPath }) => path === foldedPath)
  const isOneForAll = rows.length === 1 && rows[0]?.path === '' && rows[0].host === undefined
  return {
    routes: rows.map(({ route }) => route),
    find(host, target) {
      if (isOneForAll) return rows[0]?.route
      const queryAt = target.indexOf('?')
      const path = queryAt === -1 ? target : target.slice(0, queryAt)
      const candidates = findByHost(rows, host)
      const found = candidates.find((row) => isUnder(path, row.path))?.route
      if (areFolded && isPlainPath(path)) return found
      const isSame = listPathSpellings(path).every(
        (spelling) => candidates.find((row) => isUnder(spelling, row.foldedPath))?.route === found,
      )
      return isSame ? found : 'ambiguous'
    },
  }
}

function inRoute<T>(index: number, prepare: () => T): T {
  try {
    return prepare()
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`In routes[${index}]: ${error.message}`)
    if (error instanceof TypeError) throw new TypeError(`In routes[${index}]: ${error.message}`)
    throw error
  }
}

function prepareRow(route: Route): Row {
  const { host, path, upstream, webSocket = false, ...rest } = route
  if (typeof path !== 'string' || !isPlainPath(path.toLowerCase()))
    throw new TypeError('"path" must be a path such as "/" or "/sms", without escapes, "//" and dot segments')
  if (host !== undefined && (typeof host !== 'string' || !/^[^\s/?#@]+$/.test(host)))
    throw new TypeError('"host" must be a host, or host:port, as the Host header gives it')
  if (typeof webSocket !== 'boolean') throw new TypeError('"webSocket" must be true or false')
  const verifierOptions: VerifierOptions = { ...rest }
  const verifier = createVerifier(verifierOptions)
  return {
    host: host?.toLowerCase(),
    path: path.replace(/\/$/, ''),
    foldedPath: path.replace(/\/$/, '').toLowerCase(),
    route: {
      given: route,
      verifier,
      verifierOptions,
      maxBodyBytes: route.maxBodyBytes ?? 1024 * 1024,
      upstream: parseUpstream(upstream),
      webSocket,
    },
  }
}

function parseUpstream(upstream: unknown): string {
  const url = typeof upstream === 'string' && URL.canParse(upstream) ? new URL(upstream) : undefined
  const isOrigin = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (url === undefined || !isOrigin || !/^https?:$/.test(url.protocol))
    throw new TypeError('"upstream" must be http(s)://host:port, without a path')
  return url.origin
}

/** Routes of a host before those of any, longer paths before shorter ones. */
function compareRows(one: Row, other: Row): number {
  return Number(one.host === undefined) - Number(other.host === undefined) || other.path.length - one.path.length
}

function findByHost(rows: readonly Row[], given: string): readonly Row[] {
  const host = given.toLowerCase()
  const name = host.replace(/:\d*$/, '')
  return rows.filter((row) => row.host === undefined || row.host === host || row.host === name)
}

/** Whether every server reads the path of a target as one below such a prefix, which ends without a slash. */
export function isPlainlyUnder(target: string, prefix: string): boolean {
  const path = target.replace(/\?.*/s, '')
  return isPlainPath(path.toLowerCase()) && isUnder(path, prefix)
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}
