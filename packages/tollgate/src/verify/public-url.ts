import { parseUrl } from '../checks/runtime.ts'
import { defaultPort, isPort, splitUrl, type UrlParts } from '../scheme/signed-url.ts'
import { type Rejected, reject } from '../verdict.ts'
import { type Envelope, type HeaderReader, readSingle, readText } from './head.ts'

/** The part of an incoming request that tells its public URL. */
export interface UrlSource {
  /** The raw request target, or an absolute URL. */
  readonly url: string
  readonly encrypted?: boolean | undefined
  readonly remoteAddress?: string | undefined
}

/** Tells the URL under which Twilio requested: the whole of it, query included. */
export type UrlResolver = (envelope: Envelope, source: UrlSource) => UrlParts | Rejected

/** Scheme, host, port and path prefix, in front of a request target. */
export type PublicOrigin = Pick<UrlParts, 'scheme' | 'host' | 'port'> & { readonly prefix: string }

/** Reads one `publicUrl`; `where` names the option. Throws a TypeError that says what is wrong with it. */
export function parsePublicUrl(url: unknown, where: string): PublicOrigin {
  const fault = (what: string): TypeError =>
    new TypeError(`"${where}" ${what}. It is how Twilio reaches this server, such as "https://example.com/prefix"`)
  if (typeof url !== 'string') throw fault(`must be a string, got ${url === null ? 'null' : typeof url}`)
  const parts = splitUrl(url)
  if (parts === undefined || !isReadable(url)) throw fault('is not an absolute http or https URL')
  if (parts.query !== '') throw fault("has a query; Twilio's comes with each request")
  if (/[^\x21-\x7e]/.test(parts.host)) throw fault('has a host outside ASCII; use its "xn--" form')
  return {
    scheme: parts.scheme.toLowerCase().replace('ws', 'http'),
    host: parts.host,
    port: parts.port,
    prefix: parts.path.replace(/\/$/, ''),
  }
}

function isReadable(url: string): boolean {
  return parseUrl(url) !== undefined && !/\s/.test(url)
}

/** Several: the one whose host and port are the Host header's. One: that one, whatever Host says. */
export function resolveFromList(origins: readonly PublicOrigin[]): UrlResolver {
  const [first] = origins
  if (origins.length === 1 && first !== undefined)
    return ({ header }, source) =>
      isMisbuilt(header, source.url)
        ? reject('url_not_allowed', 'The Host header is missing or malformed.')
        : joinTarget(first, source.url)
  return (envelope, source) => {
    const host = readHost(envelope.header, source.url)
    if (host === undefined) return reject('url_not_allowed', 'The Host header is missing or malformed.')
    const origin = origins.find((one) => isSameHost(one, host.host, host.port))
    if (origin === undefined) return reject('url_not_allowed', 'No "publicUrl" has the host of the Host header.')
    return joinTarget(origin, source.url)
  }
}

/** Some fetch platforms put Host into the URL as it is: then a path or a query in there has become a part of the target. */
function isMisbuilt(header: HeaderReader, url: unknown): boolean {
  const host = readText(header, 'host')
  return host !== undefined && typeof url === 'string' && !url.startsWith('/') && parseHost(host) === undefined
}

function isSameHost(origin: PublicOrigin, host: string, port: string): boolean {
  const implied = defaultPort(origin.scheme)
  return origin.host.toLowerCase() === host.toLowerCase() && (origin.port || implied) === (port || implied)
}

/** Puts the raw path and query of a request behind an origin, byte for byte. */
export function joinTarget(origin: PublicOrigin, url: string): UrlParts | Rejected {
  const target = readTarget(url)
  if (target === undefined) return reject('url_not_allowed', 'The request target is malformed.')
  const { scheme, host, port, prefix } = origin
  return { scheme, userinfo: '', host, port, path: prefix + target.path, query: target.query }
}

// No `#`: no client sends a fragment, and a router might take for the path what we would drop.
const targetPattern =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?(\/[^?#\x00-\x20\x7f]*)?(\?[^#\x00-\x20\x7f]*)?$/i

/** Path and query of a request target, or of an absolute URL, whose scheme and host count for nothing here. */
export function readTarget(url: unknown): { readonly path: string; readonly query: string } | undefined {
  const match = typeof url === 'string' && url !== '' ? targetPattern.exec(url) : null
  if (match === null) return undefined
  const [, path, query = ''] = match
  if (path === undefined && /^\?|^$/.test(String(url))) return undefined
  return { path: path ?? '/', query }
}

/** The whole URL by the user's own rule. */
export function resolveByRule(rule: () => unknown): UrlParts | Rejected {
  let url: unknown
  try {
    url = rule()
  } catch {
    return reject('url_not_allowed', '"signedUrl" threw an error.')
  }
  // An asynchronous rule gives a promise, which must not end the process when it rejects.
  if (typeof url === 'object' && url !== null) Promise.resolve(url).catch(() => undefined)
  const parts = typeof url === 'string' ? splitUrl(url) : undefined
  if (parts === undefined) return reject('url_not_allowed', '"signedUrl" is not an absolute http or https URL.')
  return { ...parts, userinfo: '' }
}

export interface HostAndPort {
  readonly host: string
  /** With its colon, or empty. */
  readonly port: string
}

// RFC 1035 section 2.3.4 allows a name 255 octets. The rest is for a port.
const longestHost = 255 + ':65535'.length

/** Reads `host` or `host:port`; `undefined` for anything that could be taken for more than that. */
export function parseHost(text: string): HostAndPort | undefined {
  if (text.length > longestHost) return undefined
  const [, host, port = ''] =
    /^([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.exec(text) ?? []
  if (host === undefined || host.includes('..') || (port !== '' && !isPort(port.slice(1)))) return undefined
  return { host, port }
}

/**
 * The host that a request was sent to: Host, or HTTP/2's :authority; where neither is at hand, as in some fetch handlers, that of
 * the absolute URL. `undefined` where it is repeated, malformed or contradicts itself.
 */
export function readHost(header: HeaderReader, url: unknown): HostAndPort | undefined {
  const host = readSingle(header, 'host')
  const authority = readSingle(header, ':authority')
  if (host === 'repeated' || authority === 'repeated') return undefined
  if (host !== undefined && authority !== undefined && host.value.toLowerCase() !== authority.value.toLowerCase())
    return undefined
  const named = host ?? authority
  if (named !== undefined) return parseHost(named.value)
  const [, fromUrl] = typeof url === 'string' ? (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? []) : []
  return fromUrl === undefined ? undefined : parseHost(fromUrl)
}
