import { defaultPort, isWebSocketScheme } from '../scheme/signed-url.ts'
import { type Edit, editUrl } from './state.ts'
import type { Subject } from './subject.ts'

/** Scheme, host, port, userinfo and fragment: what a proxy in front of the server most often changes. */
export function* listUrlEdits(subject: Subject): Generator<Edit> {
  yield* listSchemes(subject)
  yield* listHosts(subject)
  yield* listPorts(subject)
  yield* listUserinfos(subject)
  yield* listFragments(subject)
}

function* listSchemes({ state, evidence, handshake }: Subject): Generator<Edit> {
  const seen = state.url.scheme.toLowerCase()
  for (const scheme of ['https', 'http', 'wss', 'ws']) {
    if (scheme === seen) continue
    const webSocket = isWebSocketScheme(scheme) || isWebSocketScheme(seen)
    const told = evidence.schemes.find(({ value }) => value.toLowerCase() === scheme)
    // The server passed a handshake to an ordinary handler: then it is signed as wss://, and checked as a plain GET.
    const isMistaken = scheme === 'wss' && evidence.asksForWebSocket && !handshake
    const cost = told || isMistaken || !webSocket ? 1 : handshake ? 2 : 3
    yield {
      cause: webSocket ? 'websocket_scheme' : 'scheme',
      dimension: 'scheme',
      cost,
      apply: editUrl('scheme', () => scheme),
      detail: isMistaken
        ? `Twilio signed a WebSocket handshake (${scheme}://), and this server checks an ordinary GET (${seen}://).`
        : `Twilio signed ${scheme}://, and this server checks ${seen}://${told ? ` (${told.from} says ${scheme})` : ''}.`,
    }
  }
}

function* listHosts({ state, evidence, hints }: Subject): Generator<Edit> {
  const seen = state.url.host
  const offered = new Set([seen])
  function* offer(host: string, from: string, cost: number): Generator<Edit> {
    if (offered.has(host)) return
    offered.add(host)
    const same = host.toLowerCase() === seen.toLowerCase()
    yield {
      cause: same ? 'host_case' : 'host',
      dimension: 'host',
      cost,
      apply: editUrl('host', () => host),
      detail: same
        ? `Twilio signed the host as "${host}", and this server checks "${seen}".`
        : `Twilio signed the host "${host}" (${from}), and this server checks "${seen}".`,
    }
  }
  for (const { value, from } of evidence.hosts) yield* offer(value.host, from, 1)
  for (const { value, from } of hints.hosts) yield* offer(value.host, from, 1)
  yield* offer(seen.toLowerCase(), 'in lower case', 1)
  for (const { value } of [...evidence.hosts, ...hints.hosts])
    yield* offer(value.host.toLowerCase(), 'in lower case', 3)
  yield* offer(seen.toUpperCase(), 'in upper case', 4)
  yield* offer(seen.replace(/^[a-z]/, upper), 'capitalised', 4)
  yield* offer(seen.toLowerCase().replace(/(^|[.-])[a-z]/g, upper), 'capitalised', 4)
  yield* offer(seen.startsWith('www.') ? seen.slice(4) : `www.${seen}`, 'with or without "www."', 3)
  yield* offer(seen.endsWith('.') ? seen.slice(0, -1) : `${seen}.`, 'with or without its last dot', 5)
}

const upper = (text: string): string => text.toUpperCase()

const usualPorts = ['8443', '8080', '3000', '8000', '5000', '4000', '8081', '9000', '3001', '4040', '1337', '8888']

function* listPorts({ state, evidence, hints }: Subject): Generator<Edit> {
  const seen = state.url.port
  const offered = new Set([seen, ''])
  function* offer(port: string, from: string, cost: number): Generator<Edit> {
    if (offered.has(port) || !/^:\d{1,5}$/.test(port)) return
    offered.add(port)
    yield {
      cause: 'port',
      dimension: 'port',
      cost,
      apply: editUrl('port', () => port),
      detail: `Twilio signed the port ${port.slice(1)}${from}, and this server checks ${seen === '' ? 'no port' : seen.slice(1)}.`,
    }
  }
  for (const { value, from } of evidence.ports) yield* offer(value, ` (${from})`, 1)
  for (const { value, from } of [...evidence.hosts, ...hints.hosts]) yield* offer(value.port, ` (${from})`, 1)
  for (const port of [':443', ':80']) if (port !== defaultPort(state.url.scheme)) yield* offer(port, '', 3)
  for (const port of usualPorts) yield* offer(`:${port}`, '', 4)
}

function* listUserinfos({ evidence, hints }: Subject): Generator<Edit> {
  const offered = new Set<string>()
  for (const { value, from } of [...hints.userinfos, ...evidence.userinfos]) {
    if (offered.has(value)) continue
    offered.add(value)
    yield {
      cause: 'userinfo',
      dimension: 'userinfo',
      cost: 2,
      apply: (state) => ({ ...state, url: { ...state.url, userinfo: value } }),
      detail: `The user name and password before the host (${from}) were signed too; Twilio leaves them out.`,
    }
  }
}

function* listFragments({ state, hints }: Subject): Generator<Edit> {
  if (state.fragment !== '')
    yield {
      cause: 'fragment',
      dimension: 'fragment',
      cost: 1,
      apply: (one) => ({ ...one, fragment: '' }),
      detail: 'The URL that this server checks has a fragment ("#…"), which Twilio does not sign.',
    }
  for (const fragment of new Set(hints.fragments))
    yield {
      cause: 'fragment',
      dimension: 'fragment',
      cost: 2,
      apply: (one) => (one.fragment === fragment ? undefined : { ...one, fragment }),
      detail: 'The fragment ("#…") of the configured URL was signed too; Twilio leaves it out.',
    }
}
