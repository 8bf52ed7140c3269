import { findCaptureUse, isCaptureSite } from '../../requests/capture-sites.ts'
import { findDefaultPort, isWebSocketScheme, splitUrl, type UrlParts } from '../../url.ts'
import type { Rejected } from '../../verdict.ts'
import { findCaptureSite, fixCapture } from '../capture-sites.ts'
import { findRelay, isForwarded, listParts, spellName } from '../evidence.ts'
import type { Subject } from '../reading.ts'
import { capitaliseParts } from '../spelling.ts'
import { setUrl } from './mends.ts'
import { type CauseRow, type Edit, editUrl, type Finding, type Row } from './row.ts'

// Never the address of the peer: it may be a stranger.
const trustProxy = 'name your proxy in "trustedProxies"'
const useOneUrl = 'Set "publicUrl" to the scheme and host of the URL at Twilio.'

/**
 * Changes of the URL before its path: scheme, host, port, user name and password. Also its
 * fragment.
 */
export const urlCauses = {
  scheme: {
    name: 'http or https',
    title: 'http instead of https',
    fix: 'Set "publicUrl" to the scheme and host of the URL at Twilio, without its path: "https://example.com".',
    part: 'origin',
    mend: setUrl,
    edits(subject) {
      return listSchemes(subject, false)
    },
    compare(seen, signed) {
      return seen.scheme === signed.scheme
        ? undefined
        : { detail: `Twilio signed ${signed.scheme}://, and this server checks ${seen.scheme}://.` }
    },
    isForwarded({ schemes }, { scheme }) {
      return schemes.some((one) => isForwarded(one) && one.value.toLowerCase() === scheme)
    },
  } satisfies CauseRow as Row,
  host: {
    name: 'other host',
    title: 'Another host',
    fix: 'Set "publicUrl" to the host that is configured at Twilio. Instead of a site that sends requests on, such as smee.io, use a tunnel.',
    fixes: {
      next: 'Set publicUrl to the public host: a route under `next start` always sees localhost.',
    },
    part: 'origin',
    mend: setUrl,
    edits(subject) {
      return listHosts(subject, false)
    },
    compare(seen, signed) {
      if (isSameHost(seen, signed)) return undefined
      return isCaptureSite(signed.host) ? describeSignedCapture(signed.host) : describeHost(seen, signed)
    },
    isForwarded({ hosts }, { host }) {
      return hosts.some((one) => isForwarded(one) && one.value.host === host)
    },
    suspect({ subject, rejection, tried }) {
      const { host } = subject.state.url
      const site = findCaptureSite(subject.evidence)
      if (site !== undefined) return describeCapture(site)
      if (rejection.code === 'url_not_allowed') return explainHost(subject, rejection)
      if (tried === 0) return undefined
      const relay = subject.signatures.length === 0 ? undefined : findRelay(subject.evidence.userAgent)
      if (relay !== undefined)
        return {
          detail: `User-Agent names ${relay}, which sends a request of its own: Twilio signed the URL of ${relay} and all parameters that came there.`,
          fix: `Let Twilio call this server itself, and let this server call ${relay} if it has to know.`,
        }
      return isInternalHost(host)
        ? { detail: `This server checks the host "${host}", which Twilio cannot reach.` }
        : undefined
    },
    rejections: { url_not_allowed: explainHost },
  } satisfies CauseRow as Row,
  port: {
    name: 'other port',
    title: 'Another port',
    fix: 'Put the port that is configured at Twilio into "publicUrl".',
    part: 'origin',
    mend: setUrl,
    edits: listPorts,
    compare(seen, signed) {
      return seen.port === signed.port
        ? undefined
        : { detail: `Twilio signed ${showPort(signed)}, and this server checks ${showPort(seen)}.` }
    },
    isForwarded({ ports, hosts }, { port }) {
      return [...ports, ...hosts.map(({ value, from }) => ({ value: value.port, from }))].some(
        (one) => isForwarded(one) && one.value === port,
      )
    },
    suspect: ({ subject, rejection }) => explainPort(subject, rejection),
    rejections: { url_not_allowed: explainPort },
  } satisfies CauseRow as Row,
  forwarding_headers: {
    title: 'Forwarding headers that are not used',
    fix: `${useOneUrl}\nOr ${trustProxy}, and let it set each header once.`,
    part: 'origin',
    mend: setUrl,
    suspect: ({ subject, rejection }) => explainForwarding(subject, rejection),
    rejections: { url_not_allowed: explainForwarding },
  } satisfies CauseRow as Row,
  host_case: {
    title: 'The host in another letter case',
    fix: 'Write the host in "publicUrl" as in the Twilio console, in the same letter case.',
    part: 'origin',
    mend: setUrl,
    edits(subject) {
      return listHosts(subject, true)
    },
    compare(seen, signed) {
      return seen.host !== signed.host && isSameHost(seen, signed) ? describeHost(seen, signed) : undefined
    },
  } satisfies CauseRow as Row,
  userinfo: {
    title: 'User name and password in the URL',
    fix: 'Sign and check the URL without its user name and password, as Twilio does.',
    part: 'origin',
    edits: listUserinfos,
  } satisfies CauseRow as Row,
  fragment: {
    title: 'A fragment in the URL',
    fix: 'Remove the fragment ("#…") from the URL that is checked.',
    part: 'path',
    edits: listFragments,
  } satisfies CauseRow as Row,
  websocket_scheme: {
    title: 'A WebSocket handshake with another scheme',
    fix: 'Pass the headers Upgrade and Connection on. Use tollgate/ws on Node.js, or set webSocket: true for the route that opens sockets.',
    fixes: {
      hono: 'Set webSocket: true in the options of the twilioWebhook that stands before upgradeWebSocket.',
      express: 'Handle the server’s "upgrade" event with twilioUpgrade of tollgate/ws: Express never sees handshakes.',
      next: 'Next handles upgrades itself: run the stream on a separate server, with tollgate/ws.',
    },
    part: 'request',
    edits(subject) {
      return listSchemes(subject, true)
    },
  } satisfies CauseRow as Row,
}

/** Compares two hosts without their letter case. */
function isSameHost(seen: UrlParts, signed: UrlParts): boolean {
  return seen.host.toLowerCase() === signed.host.toLowerCase()
}

function describeHost(seen: UrlParts, signed: UrlParts): Finding {
  return { detail: `Twilio signed the host "${signed.host}", and this server checks "${seen.host}".` }
}

function describeCapture(site: string): Finding {
  return {
    detail: `The request names the host "${site}", a site that ${findCaptureUse(site)}: what Twilio sent there was not signed for this server.`,
    fix: fixCapture(site),
  }
}

function describeSignedCapture(site: string): Finding {
  return {
    detail: `Twilio signed the host "${site}", a site that ${findCaptureUse(site)}, and not the host of this server.`,
    fix: fixCapture(site),
  }
}

function showPort({ port }: Pick<UrlParts, 'port'>): string {
  return port === '' ? 'no port' : `the port ${port.slice(1)}`
}

const passOn = 'let the proxy pass Host on as Twilio sent it (nginx: proxy_set_header Host $http_host)'
const oneHost = 'Let the proxy pass one Host header, or set "publicUrl" to one URL and let it pass any valid Host.'

const forwardingHeaders = ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded']

/** Explains forwarding headers that the verifier did not use. */
function explainForwarding({ header }: Subject, { reason }: Rejected): Finding | undefined {
  if (reason === 'forwarding_untrusted') {
    const names = forwardingHeaders.filter((name) => header(name).length > 0).map(spellName)
    return {
      detail: `The request has ${names.join(' and ')}, and the peer that sent it is not in "trustedProxies".`,
      fix: `${useOneUrl}\nOr ${trustProxy}.`,
      guessesOrigin: true,
    }
  }
  const several = forwardingHeaders
    .map((name) => ({ name, count: listParts(header, name).length }))
    .filter(({ count }) => count > 1)
  if (reason !== 'forwarding_malformed' || several.length === 0) return undefined
  // The last proxy was called without TLS. Its own scheme is not the one that Twilio used.
  const isMixed = new Set(listParts(header, 'x-forwarded-proto').map((value) => value.toLowerCase())).size > 1
  const set = `let the last proxy set each header itself (nginx: proxy_set_header X-Forwarded-Proto ${isMixed ? '$http_x_forwarded_proto' : '$scheme'})`
  return {
    detail: `${several.map(({ name, count }) => `${spellName(name)} holds ${count} values`).join(', ')}: it is not clear which proxy to believe.`,
    guessesOrigin: true,
    fix: `${useOneUrl}\nOr ${set}.`,
  }
}

/** Explains a port because of which the verifier built no URL. */
function explainPort(subject: Subject, rejection: Rejected): Finding | undefined {
  return explainListedPort(subject, rejection) ?? explainForwardedPort(subject, rejection)
}

/** Explains a Host header with the host of a listed URL, and another port. */
function explainListedPort({ options: { publicUrl }, state }: Subject, { reason }: Rejected): Finding | undefined {
  if (reason !== 'host_unlisted' || !Array.isArray(publicUrl)) return undefined
  const { host, port } = state.url
  const listed = publicUrl
    .flatMap((url) => splitUrl(url) ?? [])
    .find((url) => url.host.toLowerCase() === host.toLowerCase() && url.port !== port)
  if (listed === undefined) return undefined
  const named = `${host}${port}`
  return {
    detail: `Host is "${named}", and "publicUrl" lists this host with ${showPort(listed)}.`,
    // The host is in the list of the user. Only its port is from the request.
    fix: `If the URL at Twilio has ${showPort({ port })}, write '${listed.scheme}://${listed.host}${port}' into "publicUrl".\nIf not, ${passOn}.`,
  }
}

/** Explains a forwarded port that the verifier put into the URL. */
function explainForwardedPort(
  { evidence: { hosts, ports }, state: { url } }: Subject,
  { reason }: Rejected,
): Finding | undefined {
  const port = ports.find(
    ({ value }) => value !== ':443' && value !== ':80' && !hosts.some((host) => host.value.port === value),
  )
  if (port === undefined || reason !== 'host_refused') return undefined
  const entry = `'${url.host}${port.value}'`
  return {
    detail: `${port.from} says ${port.value.slice(1)}, so the URL would have this port, and "allowedHosts" does not list it.`,
    fix: `If the URL at Twilio has this port, put ${entry} into "allowedHosts".\nIf not, let the proxy send the port of that URL, or none.`,
  }
}

const internalHost =
  /^(0\.0\.0|10|127|169\.254|172\.(1[6-9]|2\d|3[01])|192\.168)\.[\d.]+(:\d+)?$|^[^.[]+$|^\[(::1?\]|f[cde])|\.(local|localhost|internal|lan)(:\d+)?$/i

/** Says if Twilio cannot reach a host. */
export function isInternalHost(host: string): boolean {
  return internalHost.test(host)
}

/** Explains why the verifier built no URL, if neither a forwarding header nor a port is the reason. */
function explainHost(subject: Subject, rejection: Rejected): Finding | undefined {
  if ((explainForwarding(subject, rejection) ?? explainPort(subject, rejection)) !== undefined) return undefined
  const site = findCaptureSite(subject.evidence)
  if (site !== undefined) return describeCapture(site)
  const { reason = '' } = rejection
  if (reason !== 'host_unlisted' && reason !== 'host_refused')
    return Object.hasOwn(unbuilt, reason) ? unbuilt[reason] : undefined
  const named = `${subject.state.url.host}${subject.state.url.port}`
  const listed = reason === 'host_unlisted' ? 'publicUrl' : 'allowedHosts'
  const isInternal = isInternalHost(named)
  return {
    detail: `The host of the request, "${named}", is not in "${listed}".`,
    fix: isInternal
      ? `${useOneUrl}\nOr ${passOn}.`
      : `If Twilio calls this host, add it to "${listed}".${/:\d+$/.test(named) ? ' If Twilio calls another port, let the proxy send that one.' : ''}`,
  }
}

const wholeUrl =
  'Let "signedUrl" return the whole URL that Twilio called, with its scheme and host, as text and not as a promise.'

/** Refusals of a verifier that found no host to compare. */
const unbuilt: Readonly<Record<string, Finding>> = {
  signed_url_threw: { detail: 'The function "signedUrl" threw an error.', fix: wholeUrl },
  signed_url_malformed: {
    detail: 'The function "signedUrl" returned something else than an absolute http or https URL.',
    fix: wholeUrl,
  },
  host_malformed: { detail: 'Host is missing, malformed or repeated.', fix: oneHost },
  forwarding_malformed: { detail: 'A forwarding header is missing or malformed.', fix: oneHost },
}

/**
 * Lists the other schemes: with `webSocket` those that change between an ordinary request and a
 * handshake.
 */
function* listSchemes(subject: Subject, webSocket: boolean): Generator<Edit> {
  const { state, evidence, handshake } = subject
  const seen = state.url.scheme.toLowerCase()
  for (const scheme of ['https', 'http', 'wss', 'ws']) {
    if (scheme === seen || (isWebSocketScheme(scheme) || isWebSocketScheme(seen)) !== webSocket) continue
    const named = evidence.schemes.find(({ value }) => value.toLowerCase() === scheme)
    // The server passed a handshake to an ordinary handler. It is signed as wss:// and checked as a
    // plain GET.
    const isMistaken = scheme === 'wss' && evidence.asksForWebSocket && !handshake
    yield {
      dimension: 'scheme',
      cost: named || isMistaken || !webSocket ? 1 : handshake ? 2 : 3,
      apply: editUrl('scheme', () => scheme),
      detail: isMistaken
        ? `Twilio signed a WebSocket handshake (${scheme}://), and this server checks an ordinary GET (${seen}://).`
        : `Twilio signed ${scheme}://, and this server checks ${seen}://${named ? ` (${named.from} says ${scheme})` : ''}.`,
    }
  }
}

/** Lists other hosts: with `sameHost` those that differ only in letter case. */
function* listHosts({ state, evidence, hints, options }: Subject, sameHost: boolean): Generator<Edit> {
  const seen = state.url.host
  const offered = new Set([seen])
  const isListed = (host: string): boolean =>
    Array.isArray(options.publicUrl) && options.publicUrl.some((url) => splitUrl(url)?.host === host)
  function* offer(host: string, from: string, cost: number): Generator<Edit> {
    if (offered.has(host) || (host.toLowerCase() === seen.toLowerCase()) !== sameHost) return
    offered.add(host)
    yield {
      dimension: 'host',
      cost,
      apply: editUrl('host', () => host),
      ...(isCaptureSite(host) ? { fix: fixCapture(host) } : isListed(host) && { fix: passHost }),
      detail: sameHost
        ? `Twilio signed the host as "${host}", and this server checks "${seen}".`
        : isCaptureSite(host)
          ? describeSignedCapture(host).detail
          : `Twilio signed the host "${host}" (${from}), and this server checks "${seen}".`,
    }
  }
  for (const { value, from } of evidence.hosts) yield* offer(value.host, from, 1)
  for (const { value, from } of hints.hosts) yield* offer(value.host, from, 1)
  yield* offer(seen.toLowerCase(), 'in lower case', 1)
  for (const { value } of [...evidence.hosts, ...hints.hosts])
    yield* offer(value.host.toLowerCase(), 'in lower case', 3)
  for (const spelled of listCapitalised(seen.toLowerCase())) yield* offer(spelled, 'with capitals', 5)
  yield* offer(seen.startsWith('www.') ? seen.slice(4) : `www.${seen}`, 'with or without "www."', 3)
  yield* offer(seen.endsWith('.') ? seen.slice(0, -1) : `${seen}.`, 'with or without its last dot', 5)
}

const passHost = `"publicUrl" lists this host, and Host has another: ${passOn}.`

const upper = (text: string): string => text.toUpperCase()

/** Lists a host with some of its labels capitalised, and with one label in capitals. */
function* listCapitalised(host: string): Generator<string> {
  const labels = host.split('.')
  for (const word of [/^[a-z]/, /(^|-)[a-z]/g]) yield* capitaliseParts(labels, '.', word)
  for (const index of labels.keys()) yield labels.map((label, at) => (at === index ? upper(label) : label)).join('.')
}

const usualPorts = ['8443', '8080', '3000', '8000', '5000', '4000', '8081', '9000', '3001', '4040', '1337', '8888']
function* listPorts({ state, evidence, hints }: Subject): Generator<Edit> {
  const seen = state.url.port
  const offered = new Set([seen, ''])
  function* offer(port: string, from: string, cost: number): Generator<Edit> {
    if (offered.has(port) || !/^:\d{1,5}$/.test(port)) return
    offered.add(port)
    yield {
      dimension: 'port',
      cost,
      apply: editUrl('port', () => port),
      detail: `Twilio signed the port ${port.slice(1)}${from}, and this server checks ${seen === '' ? 'no port' : seen.slice(1)}.`,
    }
  }
  for (const { value, from } of evidence.ports) yield* offer(value, ` (${from})`, 1)
  for (const { value, from } of [...evidence.hosts, ...hints.hosts]) yield* offer(value.port, ` (${from})`, 1)
  for (const port of [':443', ':80']) if (port !== findDefaultPort(state.url.scheme)) yield* offer(port, '', 3)
  for (const port of usualPorts) yield* offer(`:${port}`, '', 4)
}

function* listUserinfos({ evidence, hints }: Subject): Generator<Edit> {
  const offered = new Set<string>()
  for (const { value, from } of [...hints.userinfos, ...evidence.userinfos]) {
    if (offered.has(value)) continue
    offered.add(value)
    yield {
      dimension: 'userinfo',
      cost: 2,
      apply: (state) => ({ ...state, url: { ...state.url, userinfo: value } }),
      detail: `The user name and password before the host (${from}) were signed too. Twilio does not sign them.`,
    }
  }
}

function* listFragments({ state, hints }: Subject): Generator<Edit> {
  if (state.fragment !== '')
    yield {
      dimension: 'fragment',
      cost: 1,
      apply: (one) => ({ ...one, fragment: '' }),
      detail: 'The URL that this server checks has a fragment ("#…"), which Twilio does not sign.',
    }
  for (const fragment of new Set(hints.fragments))
    yield {
      dimension: 'fragment',
      cost: 2,
      apply: (one) => (one.fragment === fragment ? undefined : { ...one, fragment }),
      detail: 'The fragment ("#…") of the configured URL was signed too. Twilio does not sign it.',
    }
}
