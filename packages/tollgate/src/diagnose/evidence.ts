import { splitUrl, type UrlParts } from '../url.ts'
import { type Head, type HeaderReader, listTexts } from '../verify/head.ts'
import { type HostAndPort, parseHost } from '../verify/public-url.ts'
import type { IncomingRequest } from '../verify/types.ts'

/** A value, with the place in the request or the options where it was found, for the user. */
export interface Seen<T> {
  readonly value: T
  readonly from: string
}

/** A request target. */
export interface Target {
  readonly path: string
  readonly query: string
}

/** What the framework's own request object says. */
export interface NativeEvidence {
  /** The event of a Lambda authorizer, which has no body. */
  readonly isAuthorizer?: boolean
  /** The hosts and paths that the event of a platform names beside the ones that were checked. */
  readonly hosts: readonly Seen<HostAndPort>[]
  readonly targets: readonly Seen<Target>[]
}

/**
 * Signs of the proxies that a request passed. The sender can forge these: only an HMAC proves
 * anything.
 */
export interface Evidence {
  readonly hosts: readonly Seen<HostAndPort>[]
  /** The hosts of the page from which a browser sent the request. */
  readonly pages: readonly Seen<HostAndPort>[]
  readonly schemes: readonly Seen<string>[]
  readonly ports: readonly Seen<string>[]
  /** Request targets from before a rewrite. */
  readonly targets: readonly Seen<Target>[]
  readonly prefixes: readonly Seen<string>[]
  /** Whole URLs, which a program that sends requests on may name in a header of its own. */
  readonly urls: readonly Seen<UrlParts>[]
  readonly userinfos: readonly Seen<string>[]
  readonly userAgent: string | undefined
  readonly looksLikeTwilio: boolean
  readonly proxied: boolean
  /** It asks for a WebSocket, even if the server does not open one. */
  readonly asksForWebSocket: boolean
}

const hostHeaders = [
  'x-forwarded-host',
  'x-original-host',
  'host',
  ':authority',
  'x-forwarded-server',
  'x-host',
  'x-envoy-original-host',
  'disguised-host',
  'x-vercel-forwarded-host',
  'fastly-orig-host',
  'x-orig-host',
  'x-real-host',
  'x-original-forwarded-host',
  'tailscale-ingress-target',
]
const schemeHeaders = [
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-protocol',
  'x-scheme',
  'x-url-scheme',
  'cloudfront-forwarded-proto',
  'fly-forwarded-proto',
]
const targetHeaders = [
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-forwarded-uri',
  'x-forwarded-path',
  'x-envoy-original-path',
  'x-request-uri',
  'x-replaced-path',
  'x-waws-unencoded-url',
  'x-envoy-original-url',
  'x-original-path',
  'x-real-uri',
]
const prefixHeaders = [
  'x-forwarded-prefix',
  'x-script-name',
  'x-stripped-prefix',
  'x-ingress-path',
  'x-forwarded-context',
]
/**
 * Headers with the address of the client, or with the name of the service, that only proxies add.
 */
const addressHeaders = [
  'x-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-ray',
  'fastly-client-ip',
  'fly-client-ip',
  'x-amzn-trace-id',
  'x-azure-ref',
  'x-vercel-id',
  'x-cloud-trace-context',
]
const proxyHeaders = [
  ...hostHeaders.filter((name) => name !== 'host' && name !== ':authority'),
  ...schemeHeaders,
  ...targetHeaders,
  ...prefixHeaders,
  ...addressHeaders,
]

/** Headers that say in their own words that the client used TLS. */
const tlsSigns: readonly (readonly [name: string, value: RegExp])[] = [
  ['cf-visitor', /"scheme"\s*:\s*"https"/],
  ['x-forwarded-ssl', /^on$/i],
  ['front-end-https', /^on$/i],
  ['x-arr-ssl', /./],
]

/** Headers of other proxies and functions that name a host, such as X-Viewer-Host. */
const otherHost = /^[a-z][a-z0-9-]{0,40}-host$/
const mostOtherHosts = 4

/** Headers in which a program that sends a request on may name the URL that it was called with. */
const urlHeader = /^(x|forwarded)-[a-z0-9-]{1,60}$/
const mostUrlHeaders = 4
const mostUrlCharacters = 2000

/** Reads the headers that proxies write, at most 8 values of each. */
export function readEvidence(head: Head, url: unknown, names: readonly string[]): Evidence {
  const { header } = head
  const absolute = splitUrl(url)
  const forwarded = readForwardedPairs(header)
  const targets = targetHeaders.flatMap((name) => readTargets(header, name))
  const others = new Set(names.map((name) => name.toLowerCase()).filter((name) => otherHost.test(name)))
  for (const name of hostHeaders) others.delete(name)
  const hosts = [
    ...hostHeaders.flatMap((name) => readHosts(header, name)),
    ...[...others].slice(0, mostOtherHosts).flatMap((name) => readHosts(header, name)),
    ...forwarded.flatMap(([name, value]) => (name === 'host' ? toHost(value, 'Forwarded') : [])),
    ...targets.flatMap(({ host }) => host),
    ...(absolute ? toHost(absolute.host + absolute.port, 'the request URL') : []),
  ]
  const schemes = [
    ...schemeHeaders.flatMap((name) => listParts(header, name).map((value) => ({ value, from: spellName(name) }))),
    ...forwarded.flatMap(([name, value]) => (name === 'proto' ? [{ value, from: 'Forwarded' }] : [])),
    ...tlsSigns.flatMap(([name, sign]) =>
      listTexts(header(name)).some((text) => sign.test(text.slice(0, 200)))
        ? [{ value: 'https', from: spellName(name) }]
        : [],
    ),
    ...(absolute ? [{ value: absolute.scheme, from: 'the request URL' }] : []),
  ].filter(({ value }) => /^(https?|wss?)$/i.test(value))
  const userAgent = listTexts(header('user-agent'))[0]
  return {
    hosts,
    pages: ['origin', 'referer'].flatMap((name) => readPage(header, name)),
    schemes,
    ports: listParts(header, 'x-forwarded-port').map((value) => ({ value: `:${value}`, from: 'X-Forwarded-Port' })),
    targets: targets.map(({ value, from }) => ({ value, from })),
    prefixes: prefixHeaders.flatMap((name) =>
      listParts(header, name).map((value) => ({ value, from: spellName(name) })),
    ),
    urls: readUrls(header, names),
    userinfos: [
      ...(absolute?.userinfo ? [{ value: absolute.userinfo, from: 'the request URL' }] : []),
      ...readBasicAuth(header),
    ],
    userAgent,
    looksLikeTwilio: isOfTwilio(userAgent) || header('i-twilio-idempotency-token').length > 0,
    proxied: proxyHeaders.some((name) => header(name).length > 0) || header('via').length > 0 || forwarded.length > 0,
    asksForWebSocket: listTexts(header('upgrade')).some((value) => value.trim().toLowerCase() === 'websocket'),
  }
}

/** Checks if `fromRequest` uses a header. */
export function isForwarded({ from }: Seen<unknown>): boolean {
  return /^(Forwarded|X-Forwarded-(Host|Proto|Port))$/.test(from)
}

/** Checks if a redirect made a GET of a POST. Twilio sends parameters with every GET of its own. */
export function isRedirected(method: string, query: string): boolean {
  return method === 'GET' && query.length < 2
}

/** Spells a header's name as users know it. */
export function spellName(name: string): string {
  return name.startsWith(':') ? name : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

/** Webhooks have TwilioProxy, and the handshakes of Media Streams and ConversationRelay Twilio.TmeWs. */
const ofTwilio = /^Twilio(Proxy|\.[a-z]{1,20})?\//i

/** Says if a User-Agent is one of Twilio's. Anyone can send it. */
export function isOfTwilio(userAgent: string | undefined): boolean {
  return userAgent !== undefined && ofTwilio.test(userAgent)
}

/** Services that send a request of their own for one that they got, each by the start of its User-Agent. */
const relays: readonly (readonly [agent: RegExp, service: string])[] = [
  [/^make\/production/i, 'Make'],
  [/^zapier/i, 'Zapier'],
  [/^n8n/i, 'n8n'],
  [/^azure-logic-apps\//i, 'Azure Logic Apps'],
  [/^pipedream/i, 'Pipedream'],
  [/^workato/i, 'Workato'],
  [/^(microsoft-)?power-?automate/i, 'Power Automate'],
]

/** Names the service that sent a request of its own. */
export function findRelay(userAgent: string | undefined): string | undefined {
  return userAgent === undefined ? undefined : relays.find(([agent]) => agent.test(userAgent))?.[1]
}

/** Programs with which people send a request themselves. */
const handTools =
  /curl|wget|postman|insomnia|httpie|bruno|\bxh\/|powershell|thunder ?client|hoppscotch|restclient|intellij|rapidapi|\bpaw\/|apidog|apifox|yaak/i

/** Says if a User-Agent is that of a program with which a person writes and sends a request. */
export function isHandTool(userAgent: string): boolean {
  return handTools.test(userAgent.slice(0, 300))
}

const byHand = /mozilla|bot\b/i

/** Says if a User-Agent is that of a program with which a person sends a request, or of a robot. */
export function isByHand(userAgent: string): boolean {
  return isHandTool(userAgent) || byHand.test(userAgent)
}

/** Lists the names of the headers. */
export function listHeaderNames(headers: IncomingRequest['headers']): readonly string[] {
  if (headers instanceof Map || headers instanceof Headers) return [...headers.keys()].map(String)
  return Object.keys(Object(headers))
}

/**
 * Shows the program that a User-Agent names. The sender chooses the text, so only a short name and
 * a version are shown, and nothing that looks like a number of a person or a key.
 */
export function showAgent(agent: string | undefined): string | undefined {
  const [, name = ''] = /^([a-z][\w.-]{0,23}(?:\/v?\d[\w.]{0,15})?)(?=[\s;,(]|$)/i.exec(agent?.slice(0, 60) ?? '') ?? []
  return name === '' || /[0-9a-f]{12}|\d{7}/i.test(name) ? undefined : name
}

const mostValues = 8

/** Splits a list with one value per proxy: each may be the public one. */
export function listParts(header: HeaderReader, name: string): string[] {
  const texts = listTexts(header(name)).flatMap((text) => text.slice(0, 2000).split(','))
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .slice(0, mostValues)
}

function readHosts(header: HeaderReader, name: string): Seen<HostAndPort>[] {
  return listParts(header, name).flatMap((text) => toHost(text, spellName(name)))
}

function readPage(header: HeaderReader, name: string): Seen<HostAndPort>[] {
  const parts = splitUrl(listTexts(header(name))[0]?.slice(0, 2000))
  return parts === undefined ? [] : toHost(parts.host + parts.port, spellName(name))
}

/** Parses a host, with or without a port. */
export function toHost(text: string, from: string): Seen<HostAndPort>[] {
  const value = parseHost(text)
  return value === undefined ? [] : [{ value, from }]
}

function readUrls(header: HeaderReader, names: readonly string[]): Seen<UrlParts>[] {
  const found: Seen<UrlParts>[] = []
  for (const name of new Set(names.map((one) => one.toLowerCase()))) {
    if (found.length === mostUrlHeaders) break
    const text = urlHeader.test(name) ? (listTexts(header(name))[0] ?? '') : ''
    const value = text.length <= mostUrlCharacters && /^https?:\/\/\S+$/i.test(text) ? splitUrl(text) : undefined
    if (value !== undefined) found.push({ value, from: spellName(name) })
  }
  return found
}

function readTargets(header: HeaderReader, name: string): (Seen<Target> & { host: Seen<HostAndPort>[] })[] {
  return listTexts(header(name))
    .slice(0, mostValues)
    .flatMap((text) => {
      const [, host, path = '/', query = ''] =
        /^(?:[a-z]+:\/\/([^/?#\s]+))?(\/[^?#\s]*)?(\?[^#\s]*)?(?:#.*)?$/i.exec(text.slice(0, 8000)) ?? []
      if (host === undefined && !text.startsWith('/')) return []
      const from = spellName(name)
      return [{ value: { path, query }, from, host: host === undefined ? [] : toHost(host, from) }]
    })
}

/** Reads a Forwarded header (RFC 7239) leniently: each `name=value` of each element. */
function readForwardedPairs(header: HeaderReader): (readonly [string, string])[] {
  return listTexts(header('forwarded'))
    .flatMap((text) => text.slice(0, 2000).split(/[;,]/))
    .flatMap((pair) => {
      const [, name, value] = /^\s*([\w-]+)\s*=\s*"?([^"\s]+)"?\s*$/.exec(pair) ?? []
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const]
    })
    .slice(0, 4 * mostValues)
}

/**
 * Basic authentication sends the user name and the password of the URL that is configured at
 * Twilio.
 */
function readBasicAuth(header: HeaderReader): Seen<string>[] {
  const [, encoded] = /^basic\s+([A-Za-z0-9+/=]{4,400})$/i.exec(listTexts(header('authorization'))[0] ?? '') ?? []
  if (encoded === undefined) return []
  try {
    const text = atob(encoded)
    const escaped = text.split(':').map(encodeURIComponent).join(':')
    return [...new Set([text, escaped])].map((value) => ({ value: `${value}@`, from: 'Authorization' }))
  } catch {
    return []
  }
}
