import { schemes } from 'tollgate/internal'
import { dropNominated, hopFields, isPlainConnection, remember } from './fields.ts'
import { isHost } from './routes.ts'

/** The header fields of a request, sorted in one pass by their use. */
export type RequestHead = ReturnType<typeof readHead>

/** The fields that a verifier reads. A repeated field is an array, which the verifier refuses. */
type VerifiedFields = Record<string, string | string[] | undefined>

/** The fields that a verifier reads, without `connection` and `upgrade`. */
const verifiedNames = [
  ...['host', 'content-type', 'content-encoding', 'content-length'],
  ...schemes.flatMap(({ headers }) => headers.map((name) => name.toLowerCase())),
]

const noFields: VerifiedFields = Object.fromEntries(
  [...verifiedNames, 'connection', 'upgrade'].map((name) => [name, undefined]),
)

type Kind =
  | 'plain'
  /** For this connection only (RFC 9110 section 7.6.1). Dropped. */
  | 'hop'
  /** A name that only the gateway sets, or that some servers read as one. Dropped. */
  | 'ours'
  /** Read by the verifier, and forwarded. */
  | 'verified'
  /** A name that some servers read as one in the table below. The request is refused. */
  | 'double'
  /** Read by the verifier, and not forwarded. */
  | 'tunnel'
  | 'coding'
  | 'expect'
  /** The mark of a gateway that has forwarded the request. */
  | 'mark'

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...verifiedNames.map((name) => [name, 'verified'] as const),
  // The body is forwarded with its length, so it has no trailers.
  ...[...hopFields, 'proxy-authorization'].map((name) => [name, 'hop'] as const),
  ['transfer-encoding', 'coding'],
  ['connection', 'tunnel'],
  ['upgrade', 'tunnel'],
  ['expect', 'expect'],
  ['tollgate-hop', 'mark'],
])

/**
 * Returns the kind of a name. CGI servers give the same variable to all names that differ only in
 * characters other than letters and digits (RFC 3875 section 4.1.18; lighttpd replaces every such
 * character). For them, `tollgate~verified` is `HTTP_TOLLGATE_VERIFIED`.
 */
function classify(lower: string): Kind {
  const kind = kinds.get(lower)
  if (kind !== undefined) return kind
  if (/^tollgate[^a-z0-9]/.test(lower)) return 'ours'
  return kinds.has(lower.replace(/[^a-z0-9]/g, '-')) ? 'double' : 'plain'
}

const findName = remember(500, (name) => {
  const lower = name.toLowerCase()
  return { lower, kind: classify(lower) }
})

/**
 * Reads the head of a request.
 * @param rawHeaders names and values, alternating, as in Node.js
 */
export function readHead(rawHeaders: readonly string[], httpVersion: string) {
  const verified: VerifiedFields = { ...noFields }
  const forwarded: string[] = []
  const others: { [Other in Kind]?: string[] } = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const spelled = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    const { lower, kind } = findName(spelled)
    if (kind === 'plain') {
      const passed = lower === 'cookie' ? dropOwnCookies(value) : value
      if (passed !== undefined) forwarded.push(spelled, passed)
    } else if (kind === 'verified' || kind === 'tunnel') {
      if (kind === 'verified') forwarded.push(spelled, value)
      const known = verified[lower]
      if (Array.isArray(known)) known.push(value)
      else verified[lower] = known === undefined ? value : [known, value]
    } else {
      others[kind] ??= []
      others[kind].push(value)
    }
  }
  const { coding: codings = [], expect: expectations = [], mark: marks = [] } = others
  const { host, connection } = verified
  const length = verified['content-length']
  const nominates = connection !== undefined && ![connection].flat().every(isPlainConnection)
  // RFC 9110 section 10.1.1: a server ignores an expectation of HTTP/1.0.
  const expectation = httpVersion === '1.1' ? expectations.join().toLowerCase() : ''
  const expectsContinue = expectation === '100-continue'
  const isUnknown = httpVersion === '1.1' && expectations.length > 0 && !expectsContinue
  const isRefused = others.double !== undefined || isAmbiguous(verified, codings, httpVersion)
  return {
    /** The status that refuses the request on every route, or `undefined`. */
    refusal: isRefused ? 400 : isUnknown ? 417 : undefined,
    host: typeof host === 'string' ? host : '',
    verified,
    /**
     * The fields for the upstream. `Connection` cannot remove a field of the table: the upstream must
     * see what was verified.
     */
    fields: nominates ? dropNominated(forwarded, [connection].flat().join(','), kinds) : forwarded,
    /** The announced length of the body. 0 if there is no body, `undefined` if it is chunked. */
    bodyLength: codings.length === 0 ? Number(length ?? 0) : undefined,
    expectsContinue,
    /** True if a name is one of ours, such as `tollgate-verified`, or some servers read it as one. */
    hasVerdict: others.ours !== undefined,
    /** True if `Connection` nominates a field, which a proxy then removes. */
    nominates,
    /** The marks of the gateways that have forwarded the request, with commas between them. */
    hops: marks
      .join()
      .split(/[\s,]+/)
      .filter((value) => mark.test(value))
      .join(', '),
  }
}

/**
 * Drops the cookies of the inspector's page. A browser sends the cookies of 127.0.0.1 to each of its
 * ports, so the application would get them.
 * @returns `undefined` if no other cookie is left
 */
function dropOwnCookies(value: string): string | undefined {
  if (!value.includes('tollgate_inspector_')) return value
  const others = value.split(';').filter((pair) => !pair.trim().startsWith('tollgate_inspector_'))
  return others.length === 0 ? undefined : others.join(';').trim()
}

/** A mark is a UUID. Any other value comes from no gateway. */
const mark = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Returns true if two servers could read the request differently, for example with another end.
 * Node.js refuses most of these requests too. This check does not depend on its version.
 */
function isAmbiguous(fields: VerifiedFields, codings: readonly string[], httpVersion: string): boolean {
  const { host, 'content-length': length } = fields
  // Upstreams make URLs of it. A `/` or a `?` in it would move the path that was verified.
  if (typeof host !== 'string' || !isHost(host)) return true
  if (length !== undefined && (typeof length !== 'string' || !/^\d{1,15}$/.test(length))) return true
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return true
  if (codings.length === 0) return false
  return length !== undefined || codings.join().toLowerCase() !== 'chunked' || httpVersion !== '1.1'
}
