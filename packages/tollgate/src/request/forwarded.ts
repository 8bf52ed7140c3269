import { checkKnownOptions, showOption } from '../known-options.ts'
import { defaultPort, isPort } from '../scheme/signed-url.ts'
import { reject } from '../verdict.ts'
import type { Envelope } from './envelope.ts'
import { type HeaderReader, readSingle } from './headers.ts'
import { type HostAndPort, parseHost, readHost } from './host.ts'
import { type AddressMatcher, parseAddressRanges } from './ip-ranges.ts'
import { joinTarget, type UrlResolver, type UrlSource } from './public-url.ts'

export interface FromRequestOptions {
  /**
   * The hosts under which Twilio reaches this server, at least one: `'api.example.com'`, with a port where it is not the default
   * (`'localhost:3000'`), or `'*.example.com'` for any one label. Any other host is refused as `url_not_allowed`.
   */
  readonly allowedHosts: readonly string[]
  /**
   * The proxies whose forwarding headers count: IP addresses, CIDR ranges, `'loopback'`. Default: none. A request that brings such
   * headers from anywhere else is refused as `url_not_allowed`.
   */
  readonly trustedProxies?: string | readonly string[] | undefined
  /**
   * The one family of headers that they set: `'x-forwarded'` (X-Forwarded-Host, -Proto, -Port) or `'forwarded'` (RFC 7239). Goes
   * with `trustedProxies`. Each must hold a single value; a forwarded path prefix never counts.
   */
  readonly forwardedBy?: 'forwarded' | 'x-forwarded' | undefined
}

/** A rule that `publicUrl` takes in place of a URL. Made by `fromRequest`. */
export interface PublicUrlRule {
  readonly [publicUrlRule]: UrlResolver
}

// A registered symbol, so that a rule made by one copy of the package works with the other (ESM beside CommonJS).
export const publicUrlRule: unique symbol = Symbol.for('tollgate.publicUrlRule')

const known: Readonly<Record<keyof FromRequestOptions, true>> = {
  allowedHosts: true,
  trustedProxies: true,
  forwardedBy: true,
}
const families = ['forwarded', 'x-forwarded'] as const
const xForwarded = ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'] as const

/**
 * Builds the public URL from each request, for servers with many hosts. Where there is one host, name it in `publicUrl` instead.
 * @throws TypeError for options that are missing, unknown or contradict each other.
 */
export function fromRequest(options: FromRequestOptions): PublicUrlRule {
  checkKnownOptions(options, known, 'fromRequest')
  const isAllowed = parseAllowedHosts(options.allowedHosts)
  const { forwardedBy } = options
  const ranges = options.trustedProxies === undefined ? [] : [options.trustedProxies].flat()
  if (forwardedBy !== undefined && !families.includes(forwardedBy))
    throw new TypeError(`"forwardedBy" must be 'forwarded' or 'x-forwarded'`)
  if (ranges.length > 0 !== (forwardedBy !== undefined))
    throw new TypeError('"trustedProxies" and "forwardedBy" go together')
  const isTrusted = parseAddressRanges(ranges, 'trustedProxies')
  return { [publicUrlRule]: (envelope, source) => resolve(envelope, source, { isAllowed, isTrusted, forwardedBy }) }
}

interface Rule {
  readonly isAllowed: (host: HostAndPort, scheme: string) => boolean
  readonly isTrusted: AddressMatcher
  readonly forwardedBy: 'forwarded' | 'x-forwarded' | undefined
}

function resolve(envelope: Envelope, source: UrlSource, rule: Rule): ReturnType<UrlResolver> {
  const { header } = envelope
  const trusted = typeof source.remoteAddress === 'string' && rule.isTrusted(source.remoteAddress)
  if (!trusted && [...xForwarded, 'forwarded'].some((name) => header(name).length > 0))
    return reject('url_not_allowed', 'Forwarding headers came from a peer that is not in "trustedProxies".')
  const forwarded = trusted ? readForwarded(header, rule.forwardedBy) : {}
  const host = forwarded === undefined ? undefined : (forwarded.host ?? readHost(header, source.url))
  if (forwarded === undefined || host === undefined)
    return reject('url_not_allowed', 'Host or a forwarding header is missing, malformed or has several values.')
  const scheme = forwarded.scheme ?? (source.encrypted === true ? 'https' : 'http')
  const port = host.port || (forwarded.port === defaultPort(scheme) ? '' : (forwarded.port ?? ''))
  if (!rule.isAllowed({ host: host.host, port }, scheme))
    return reject('url_not_allowed', 'The host of the request is not in "allowedHosts".')
  return joinTarget({ scheme, host: host.host, port, prefix: '' }, source.url)
}

interface ForwardedOrigin {
  readonly scheme?: string | undefined
  readonly host?: HostAndPort | undefined
  readonly port?: string | undefined
}

/** `undefined` where a value is malformed, or is a list: then several proxies had a say, and it is not told whose counts. */
function readForwarded(header: HeaderReader, family: Rule['forwardedBy']): ForwardedOrigin | undefined {
  const values = family === 'forwarded' ? readRfc7239(header) : readXForwarded(header)
  if (values === undefined) return undefined
  const [host, proto, port] = values
  const scheme = proto === undefined ? undefined : /^(http|ws)(s?)$/i.exec(proto)
  const parsedHost = host === undefined ? undefined : parseHost(host)
  if (scheme === null || (host !== undefined && parsedHost === undefined) || (port !== undefined && !isPort(port)))
    return undefined
  return { scheme: scheme && `http${scheme[2]?.toLowerCase()}`, host: parsedHost, port: port && `:${port}` }
}

type ForwardedValues = readonly [host: string | undefined, proto: string | undefined, port: string | undefined]

function readXForwarded(header: HeaderReader): ForwardedValues | undefined {
  const [host, proto, port] = xForwarded.map((name) => readSingle(header, name))
  if (host === 'repeated' || proto === 'repeated' || port === 'repeated') return undefined
  return [host?.value.trim(), proto?.value.trim(), port?.value.trim()]
}

/** RFC 7239: one element of `name=value` pairs, values as tokens or quoted. */
function readRfc7239(header: HeaderReader): ForwardedValues | undefined {
  const forwarded = readSingle(header, 'forwarded')
  if (forwarded === undefined) return [undefined, undefined, undefined]
  if (forwarded === 'repeated') return undefined
  const values = new Map<string, string>()
  for (const pair of forwarded.value.split(';')) {
    const [, name, value, quoted] = /^\s*([\w-]+)=(?:([^\s",;]+)|"([^"\\,;]*)")\s*$/.exec(pair) ?? []
    if (name === undefined || values.has(name.toLowerCase())) return undefined
    values.set(name.toLowerCase(), value ?? quoted ?? '')
  }
  return [values.get('host'), values.get('proto'), undefined]
}

function parseAllowedHosts(hosts: unknown): Rule['isAllowed'] {
  if (!Array.isArray(hosts) || hosts.length === 0) throw new TypeError('"allowedHosts" must list at least one host')
  const exact = new Set<string>()
  const anyLabel = new Set<string>()
  for (const entry of hosts) {
    const wild = typeof entry === 'string' && entry.startsWith('*.')
    const host = typeof entry === 'string' ? parseHost(wild ? entry.slice(2) : entry) : undefined
    if (host === undefined)
      throw new TypeError(`"allowedHosts" holds ${showOption(entry)}, which is no host, host:port or *.host`)
    const spelled = (host.host + host.port).toLowerCase()
    if (wild) anyLabel.add(spelled)
    else exact.add(spelled)
  }
  return (host, scheme) => {
    const name = host.host.toLowerCase()
    const implied = defaultPort(scheme)
    const ports = host.port === '' || host.port === implied ? ['', implied] : [host.port]
    const parent = /^[^.[]+\.(.+)$/.exec(name)?.[1]
    return ports.some((port) => exact.has(name + port) || (parent !== undefined && anyLabel.has(parent + port)))
  }
}
