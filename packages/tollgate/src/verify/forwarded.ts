import type { Awaitable } from '../checks/limits.ts'
import { readOptions, showOption } from '../checks/options.ts'
import { parseUrl } from '../checks/runtime.ts'
import { findDefaultPort, isPort, type UrlParts } from '../url.ts'
import { isRejected, type Rejected, reject } from '../verdict.ts'
import { type Head, type HeaderReader, readSingle } from './head.ts'
import { askOption } from './look-up.ts'
import { type HostAndPort, joinTarget, parseHost, readHost, type UrlResolver, type UrlSource } from './public-url.ts'
import { type PublicUrlRule, publicUrlRule } from './types.ts'

/** Options of `fromRequest`. Unknown options are a TypeError. */
export interface FromRequestOptions {
  /**
   * The hosts that Twilio uses for this server, at least one: `'api.example.com'`, with a port if
   * it is not the default (`'localhost:3000'`), or `'*.example.com'` for any one label. A request
   * to another host is refused as `url_not_allowed`.
   *
   * For tenants with domains of their own: a function, sync or async. It gets the host in lower
   * case, with its port if that is not the default, and is called once for a request that has a
   * well-formed signature. Nothing about the request is proven then. Only `true` allows the host.
   * If it throws, or takes longer than `lookupTimeoutMs`, the request is `key_lookup_failed`. The
   * option `diagnose` calls it again for a refused request.
   */
  readonly allowedHosts: readonly string[] | ((host: string) => Awaitable<boolean>)
  /**
   * The proxies whose forwarding headers are used: IP addresses, CIDR ranges or `'loopback'`. A
   * request with forwarding headers from any other peer is refused as `url_not_allowed`. Default:
   * none.
   */
  readonly trustedProxies?: string | readonly string[] | undefined
  /**
   * The headers that the proxies set: `'x-forwarded'` (X-Forwarded-Host, -Proto, -Port) or
   * `'forwarded'` (RFC 7239). Give it with `trustedProxies`, and only then. Each header must hold a
   * single value. X-Forwarded-Prefix is ignored. Default: none.
   */
  readonly forwardedBy?: 'forwarded' | 'x-forwarded' | undefined
}

/** The options of `fromRequest`. */
export const fromRequestOptions = {
  allowedHosts: { type: 'other', required: true },
  trustedProxies: { type: 'other' },
  forwardedBy: { type: 'choice', choices: ['forwarded', 'x-forwarded'] },
} as const

const xForwarded = ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'] as const

/**
 * Creates a rule that builds the public URL from each request, for servers with many hosts. If
 * there is one host, give `publicUrl` as a URL instead.
 * @returns a rule for the `publicUrl` option
 * @throws TypeError for options that are missing, unknown or contradict each other.
 */
export function fromRequest(options: FromRequestOptions): PublicUrlRule {
  const { allowedHosts, trustedProxies = [], forwardedBy } = readOptions(options, fromRequestOptions, 'fromRequest')
  const isAllowed = typeof allowedHosts === 'function' ? undefined : parseAllowedHosts(allowedHosts)
  const ranges = [trustedProxies].flat()
  if (ranges.length > 0 !== (forwardedBy !== undefined))
    throw new TypeError('"trustedProxies" and "forwardedBy" go together')
  const isTrusted = parseAddressRanges(ranges, 'trustedProxies')
  const resolver: UrlResolver = (head, source, limitMs) => {
    const url = resolve(head, source, isTrusted, forwardedBy)
    if (isRejected(url)) return url
    const decide = (allowed: boolean): UrlParts | Rejected => (allowed ? url : reject('host_refused'))
    if (isAllowed !== undefined) return decide(isAllowed(url))
    const port = url.port === findDefaultPort(url.scheme) ? '' : url.port
    const ask = allowedHosts as (host: string) => Awaitable<boolean>
    return askOption(
      '"allowedHosts"',
      () => ask((url.host + port).toLowerCase()),
      (answer) => decide(answer === true),
      limitMs,
    )
  }
  return { [publicUrlRule]: resolver }
}

function resolve(
  { header }: Head,
  source: UrlSource,
  isTrusted: AddressMatcher,
  forwardedBy: FromRequestOptions['forwardedBy'],
): UrlParts | Rejected {
  const trusted = typeof source.remoteAddress === 'string' && isTrusted(source.remoteAddress)
  if (!trusted && [...xForwarded, 'forwarded'].some((name) => header(name).length > 0))
    return reject('forwarding_untrusted')
  const forwarded = trusted ? readForwarded(header, forwardedBy) : {}
  if (forwarded === undefined) return reject('forwarding_malformed')
  const host = forwarded.host ?? readHost(header, source.url)
  if (host === undefined) return reject('host_malformed')
  const scheme = forwarded.scheme ?? (source.encrypted === true ? 'https' : 'http')
  const port = host.port || (forwarded.port === findDefaultPort(scheme) ? '' : (forwarded.port ?? ''))
  return joinTarget({ scheme, host: host.host, port, prefix: '' }, source.url)
}

interface ForwardedOrigin {
  readonly scheme?: string | undefined
  readonly host?: HostAndPort | undefined
  readonly port?: string | undefined
}

/**
 * Reads the origin from forwarding headers. `undefined` if a value is malformed or a list: several
 * proxies wrote it, and it is not clear which one to trust.
 */
function readForwarded(header: HeaderReader, family: FromRequestOptions['forwardedBy']): ForwardedOrigin | undefined {
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
  if (host === null || proto === null || port === null) return undefined
  return [host?.trim(), proto?.trim(), port?.trim()]
}

/**
 * Reads a Forwarded header (RFC 7239) with one element: `name=value` pairs, values as tokens or
 * quoted.
 */
function readRfc7239(header: HeaderReader): ForwardedValues | undefined {
  const forwarded = readSingle(header, 'forwarded')
  if (forwarded === undefined) return [undefined, undefined, undefined]
  if (forwarded === null) return undefined
  const values = new Map<string, string>()
  for (const pair of forwarded.split(';')) {
    const [, name, value, quoted] = /^\s*([\w-]+)=(?:([^\s",;]+)|"([^"\\,;]*)")\s*$/.exec(pair) ?? []
    if (name === undefined || values.has(name.toLowerCase())) return undefined
    values.set(name.toLowerCase(), value ?? quoted ?? '')
  }
  return [values.get('host'), values.get('proto'), undefined]
}

function parseAllowedHosts(hosts: unknown): (url: UrlParts) => boolean {
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
  return ({ scheme, host, port }) => {
    const name = host.toLowerCase()
    const implied = findDefaultPort(scheme)
    const ports = port === '' || port === implied ? ['', implied] : [port]
    const parent = /^[^.[]+\.(.+)$/.exec(name)?.[1]
    return ports.some((port) => exact.has(name + port) || (parent !== undefined && anyLabel.has(parent + port)))
  }
}

/** True if an address lies in one of the ranges. */
type AddressMatcher = (address: string) => boolean

const loopback = ['127.0.0.0/8', '::1/128']

/**
 * Parses addresses, CIDR ranges and `'loopback'`. This is our own code because the core also runs
 * without `node:net`.
 * @param where Names the option in the error.
 * @throws TypeError for anything else.
 */
export function parseAddressRanges(ranges: readonly unknown[], where: string): AddressMatcher {
  const parsed = ranges
    .flatMap((range) => (range === 'loopback' ? loopback : [range]))
    .map((range) => {
      const one = typeof range === 'string' ? parseRange(range) : undefined
      if (one === undefined)
        throw new TypeError(`"${where}" holds ${showOption(range)}, which is no IP address, CIDR range or 'loopback'`)
      return one
    })
  return (address) => {
    const value = parseAddress(address)
    return value !== undefined && parsed.some((range) => value >> range.freeBits === range.network)
  }
}

function parseRange(range: string): { network: bigint; freeBits: bigint } | undefined {
  const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? []
  const value = parseAddress(address)
  if (value === undefined) return undefined
  const width = address.includes(':') ? 128 : 32
  const bits = digits === undefined ? width : Number(digits)
  if (bits > width) return undefined
  const freeBits = BigInt(width - bits)
  return { network: value >> freeBits, freeBits }
}

/**
 * Reads an address of either family as one 128-bit number: IPv4 as `::ffff:a.b.c.d`, as a
 * dual-stack socket shows it.
 */
function parseAddress(text: string): bigint | undefined {
  if (text.includes(':')) return parseIpv6(text.replace(/%[\w.-]+$/, '')) // without the zone, as in fe80::1%eth0
  return /^(\d+\.){3}\d+$/.test(text) ? parseIpv6(`::ffff:${text}`) : undefined
}

/**
 * Uses the URL parser, which reads every spelling and writes one: groups of hex digits, the longest
 * run of zeros as `::`. It refuses leading zeros in dotted decimals, which some programs read as
 * octal.
 */
function parseIpv6(text: string): bigint | undefined {
  const [, address] = /^\[(.*)\]$/.exec(parseUrl(`http://[${text}]`)?.host ?? '') ?? []
  if (address === undefined) return undefined
  const [before = [], after = []] = address.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
