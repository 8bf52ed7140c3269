import type { Awaitable } from '../checks/limits.ts'
import { runUnnoticed } from '../checks/options.ts'
import { parseUrl } from '../checks/runtime.ts'
import { findDefaultPort, isPort, splitUrl, type UrlParts } from '../url.ts'
import { type Rejected, reject } from '../verdict.ts'
import { type Head, type HeaderReader, readSingle } from './head.ts'

/** The part of an incoming request that its public URL can be built from. */
export interface UrlSource {
  /** The raw request target, or an absolute URL. */
  readonly url: string
  readonly encrypted?: boolean | undefined
  readonly remoteAddress?: string | undefined
}

/**
 * Finds the whole URL that Twilio requested, with its query.
 * @param limitMs The time limit of a function of the user's.
 */
export type UrlResolver = (head: Head, source: UrlSource, limitMs: number) => Awaitable<UrlParts | Rejected>

/** The part of a public URL before the request target: scheme, host, port and path prefix. */
type PublicOrigin = Pick<UrlParts, 'scheme' | 'host' | 'port'> & { readonly prefix: string }

/**
 * Parses one `publicUrl`.
 * @param where Names the option in the error.
 * @throws TypeError that says what is wrong with the URL.
 */
export function parsePublicUrl(url: unknown, where: string): PublicOrigin {
  const fault = (what: string): TypeError =>
    new TypeError(`"${where}" ${what}. It is how Twilio reaches this server, such as "https://example.com/prefix"`)
  if (typeof url !== 'string') throw fault(`must be a string, got ${url === null ? url : typeof url}`)
  const parts = splitUrl(url)
  if (parts === undefined || parseUrl(url) === undefined || /\s/.test(url))
    throw fault('is not an absolute http or https URL')
  if (parts.query !== '') throw fault('must not have a query')
  if (/[^\x21-\x7e]/.test(parts.host)) throw fault('has a host outside ASCII; use its "xn--" form')
  if (!isOneHost(parts.host))
    throw fault('has a host that no request can have. List the hosts, or use fromRequest with "allowedHosts"')
  return {
    scheme: parts.scheme.toLowerCase().replace('ws', 'http'),
    host: parts.host,
    port: parts.port,
    prefix: parts.path.replace(/\/$/, ''),
  }
}

/** One origin is used for every request, because a proxy may send any Host. */
export function resolveToOrigin(origin: PublicOrigin): UrlResolver {
  return (_head, source) => joinTarget(origin, source.url)
}

/** Of a list, even of one, the origin with the host and port of the Host header is used. */
export function resolveFromList(origins: readonly PublicOrigin[]): UrlResolver {
  return (head, source) => {
    const host = readHost(head.header, source.url)
    if (host === undefined) return reject('host_malformed')
    const origin = origins.find((one) => isSameHost(one, host.host, host.port))
    if (origin === undefined) return reject('host_unlisted')
    return joinTarget(origin, source.url)
  }
}

function isSameHost(origin: PublicOrigin, host: string, port: string): boolean {
  const implied = findDefaultPort(origin.scheme)
  return origin.host.toLowerCase() === host.toLowerCase() && (origin.port || implied) === (port || implied)
}

/** Appends the raw path and query of a request to an origin, byte for byte. */
export function joinTarget(origin: PublicOrigin, url: string): UrlParts | Rejected {
  const target = readTarget(url)
  if (target === undefined) return reject('target_malformed')
  const { scheme, host, port, prefix } = origin
  return { scheme, userinfo: '', host, port, path: prefix + target.path, query: target.query }
}

/**
 * Refuses an address that a router or a handler could read as another one than the verifier.
 * @returns `undefined` for an address that has one reading
 */
export function refuseAddress(header: HeaderReader, url: unknown): Rejected | undefined {
  if (readTarget(url) === undefined) return reject('target_malformed')
  // Fetch platforms put the Host header into the URL unchecked. A path or a query in it has then
  // become part of the target.
  const host = String(url).startsWith('/') ? undefined : readSingle(header, 'host')
  const isMisbuilt = typeof host === 'string' && !isOneHost(host)
  return isMisbuilt ? reject('host_malformed') : undefined
}

// Without `#`: no client sends a fragment, and a router might see a path in what we would drop.
// Without white space and `\`: parsers of URLs drop them, or read them as `/`.
const targetPattern =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  /^(?:(?:http|ws)s?:\/\/([^/?#\\]+)(?=\/))?(\/[^?#\\\s\x00-\x20\x7f]*)(\?[^#\s\x00-\x20\x7f]*)?$/i

// Nearly every target of a POST. The groups of the other pattern cost more than its search.
const plainTarget = /^\/[\w/-]*$/

// Parsers of URLs resolve these segments, and routers do not.
const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * Splits a request target into path and query. Scheme and host of an absolute URL are ignored.
 * @returns `undefined` for a text in which two parsers could find two paths: without a `/` at the
 *   start or after a well-formed host, with a `\` in the path, or with a dot segment
 */
export function readTarget(url: unknown): { readonly path: string; readonly query: string } | undefined {
  if (typeof url !== 'string') return undefined
  if (plainTarget.test(url)) return { path: url, query: '' }
  const [, authority, path, query = ''] = targetPattern.exec(url) ?? []
  if (path === undefined || dotSegment.test(path)) return undefined
  return authority === undefined || isOneHost(authority) ? { path, query } : undefined
}

/** Gets the whole URL from the user's own rule. */
export function resolveByRule(rule: () => unknown): UrlParts | Rejected {
  let url: unknown
  try {
    url = rule()
  } catch {
    return reject('signed_url_threw')
  }
  // An asynchronous rule returns a promise. If it rejects, it must not end the process.
  runUnnoticed(() => url)
  const parts = splitUrl(url)
  if (parts === undefined) return reject('signed_url_malformed')
  return { ...parts, userinfo: '' }
}

/** The two parts of a Host header. */
export interface HostAndPort {
  readonly host: string
  /** With its colon, or empty. */
  readonly port: string
}

// A name has at most 255 octets (RFC 1035 section 2.3.4). The rest is for a port.
const longestHost = 255 + ':65535'.length

/**
 * Parses `host` or `host:port`. `undefined` for anything that a parser could read as more than
 * that.
 */
export function parseHost(text: string): HostAndPort | undefined {
  if (text.length > longestHost) return undefined
  const [, host, port = ''] =
    /^([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.exec(text) ?? []
  if (host === undefined || host.includes('..') || (port !== '' && !isPort(port.slice(1)))) return undefined
  return { host, port }
}

/**
 * Returns true for a host in which no parser finds a path or a query. Proxies also send names with
 * a dot at the end (RFC 1034 section 3.1), for example to a service of Kubernetes.
 */
export function isOneHost(text: string): boolean {
  return (parseHost(text) ?? parseHost(text.replace(/^([^:[\]]*\w)\.(?=:\d+$|$)/, '$1'))) !== undefined
}

/**
 * Reads the host that a request was sent to: Host, or :authority of HTTP/2, or else the host of the
 * absolute URL, since some fetch handlers have no Host header.
 * @returns `undefined` if the host is repeated, malformed or contradicts itself
 */
export function readHost(header: HeaderReader, url: unknown): HostAndPort | undefined {
  const host = readSingle(header, 'host')
  const authority = readSingle(header, ':authority')
  if (host === null || authority === null) return undefined
  if (host !== undefined && authority !== undefined && host.toLowerCase() !== authority.toLowerCase()) return undefined
  const named = host ?? authority
  if (named !== undefined) return parseHost(named)
  const [, fromUrl] = typeof url === 'string' ? (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? []) : []
  return fromUrl === undefined ? undefined : parseHost(fromUrl)
}
