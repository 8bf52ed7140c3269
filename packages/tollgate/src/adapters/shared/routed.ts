import { isOneHost, readTarget } from '../../verify/public-url.ts'

/**
 * The rule of all adapters: the path and the query that a router or a handler reads are the ones
 * that were verified. So a request is verified only if each of its addresses has one reading. For
 * any other, the functions here return an empty string, which the core refuses as
 * `url_not_allowed`.
 */

/**
 * Returns the target of a request of Node.js, as it arrived. Twilio always sends a path. Each
 * router finds the path of an absolute target in its own way.
 * @param host The host, if the framework makes URLs of it.
 */
export function findTarget(target: string | undefined, host = ''): string {
  return target?.startsWith('/') && !endsHost.test(host) ? target : ''
}

// Behind one of these, the rest of a host is a path or a query. Before an `@`, it is not the host.
const endsHost = /[/\\?#@]/

/** Header fields of a web Request, or of a request of Node.js. */
type Fields = Request['headers'] | Readonly<Record<string, string | readonly string[] | undefined>>

/** The addresses of a request beside the URL of its Request. */
interface Addresses {
  /**
   * The target as it arrived, if the server is one of Node.js. It has the bytes that Twilio signed.
   * The URL may have another spelling of them.
   */
  readonly raw?: string | undefined
  /** The header fields of Node.js. Only they have `:authority`. Default: those of the Request. */
  readonly fields?: Fields | undefined
  /** The whole path that the router has read from the URL, if it is known. */
  readonly path?: string | undefined
  /** True if the framework joins repeated slashes, for its router too. Default false. */
  readonly joinsSlashes?: boolean
}

/**
 * Returns the address to verify of a request that the framework routes as a web Request. Servers
 * make its URL from a Host header that nothing has checked.
 */
export function findAddress(
  request: Pick<Request, 'url' | 'headers'> & { readonly params?: unknown },
  { raw, fields = request.headers, path, joinsSlashes = false }: Addresses = {},
): string {
  const { url } = request
  // Bun makes a URL without an origin if it cannot use the Host header.
  const routed = url.startsWith('/') ? undefined : readTarget(url)
  if (routed === undefined || !namesHost(fields) || hasDots(request.params)) return ''
  const fold = (one: string): string => foldPath(joinsSlashes ? one.replace(/\/{2,}/g, '/') : one)
  if (path !== undefined && path !== routed.path && fold(path) !== fold(routed.path)) return ''
  return raw === undefined ? url : findTarget(raw)
}

/** Returns false if a field for the host holds more than a host, such as `a/b` or `a?x=`. */
function namesHost(fields: Fields): boolean {
  const isHost = (name: string): boolean => {
    const host = readField(fields, name) ?? undefined
    return host === undefined || (typeof host === 'string' && isOneHost(host))
  }
  // X-Forwarded-Host may be a list of several proxies.
  return isHost('host') && isHost(':authority') && !endsHost.test(String(readField(fields, 'x-forwarded-host')))
}

function readField(fields: Fields, name: string): unknown {
  if (typeof fields.get !== 'function') return (fields as Readonly<Record<string, unknown>>)[name]
  return name.startsWith(':') ? undefined : (fields as Request['headers']).get(name)
}

/**
 * Returns true if a parameter of the route is a dot segment or has a `\`. The routes of Bun match
 * the path as it arrived, and the URL of its Request is resolved.
 */
function hasDots(params: unknown): boolean {
  return Object.values(Object(params)).some((value) => typeof value === 'string' && /\\|^\.{1,2}$/.test(value))
}

/** Decodes a path, and drops the slash at its end, which most routers ignore. */
function foldPath(path: string): string {
  const bare = path.replace(/\/$/, '')
  try {
    return decodeURIComponent(bare)
  } catch {
    return bare
  }
}
