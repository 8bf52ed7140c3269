import type { RejectionCode, VerifierOptions } from 'tollgate'
import { type Cause, type DiagnosableRequest, type DiagnoseOptions, type Diagnosis, diagnose } from 'tollgate/diagnose'
import { signRequest } from 'tollgate/testing'
import { splitUrl } from '../inputs/request.ts'
import type { Sent } from './sent.ts'

/** One thing that differs between what Twilio sent and what the server saw. */
export interface Difference {
  readonly what: 'method' | 'url' | 'parameter' | 'body'
  /** Of the parameter. */
  readonly name: string | undefined
  /** Several for a repeated parameter; none if it is not there. */
  readonly sent: readonly string[]
  readonly seen: readonly string[]
}

export interface Comparison {
  /** True if the request verifies, as far as can be known. */
  readonly isGenuine: boolean
  /** Certain, because the signed URL and parameters are known. */
  readonly causes: readonly Cause[]
  /** Differences that no cause explains. */
  readonly unexplained: readonly Difference[]
  readonly signedBy: 'a configured key' | 'another key' | 'unknown'
}

/** The configuration of the server. The first token, or the SharedKey, signs what was sent. */
export interface ServerOptions {
  readonly options: VerifierOptions & DiagnoseOptions
  readonly tokens: readonly string[]
  readonly sharedKey: { readonly id: string; readonly secret: string } | undefined
}

const refusedBefore: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  'signature_malformed',
  'algorithm_unsupported',
  'key_not_allowed',
  'url_not_allowed',
  'content_encoding_unsupported',
  'body_too_large',
  'body_already_consumed',
  'key_unknown',
  'key_lookup_failed',
  'account_not_allowed',
])

const signatureHeader = 'x-twilio-signature'
const settingsHeader = 'x-twilio-webhooks-signature-settings'
const formType = 'application/x-www-form-urlencoded'

/**
 * Compares what Twilio sent with what the server saw. The signature of what was sent is computed, so
 * that each difference is found even where the record of the server has no signature.
 *
 * @param seen `undefined`: only the options are known, so the server sees what was sent
 */
export async function compareSent(
  sent: Sent,
  seen: DiagnosableRequest | undefined,
  server: ServerOptions,
): Promise<Comparison> {
  const options = addHints(sent, seen, server.options)
  const request = seen ?? toSeen(sent, server.options)
  const arrived = readHeader(request, signatureHeader) ?? sent.signature
  const differences = listDifferences(sent, request, options)
  const asArrived = arrived === undefined ? request : withHeaders(request, { [signatureHeader]: arrived })
  const first = await diagnose(asArrived, options)
  if (first.verdict.ok) {
    // The server verified a request. If its parameters differ, it is another one than Twilio's record.
    const unexplained = differences.filter(({ what }) => what === 'parameter')
    return { isGenuine: true, causes: [], unexplained, signedBy: 'a configured key' }
  }
  const proven = first.proven?.causes ?? []
  if (proven.length > 0) {
    const isOther = proven.some(({ id }) => id === 'token_of_other_account' || id === 'shared_key_unconfigured')
    const signedBy = isOther ? 'another key' : 'a configured key'
    return { isGenuine: false, causes: proven, unexplained: [], signedBy }
  }
  // No signature was compared, so what Twilio signed says nothing more.
  if (refusedBefore.has(first.verdict.code) && first.suspected.length > 0)
    return { isGenuine: false, causes: first.suspected.slice(0, 1), unexplained: [], signedBy: 'unknown' }

  // The signature that arrived explains nothing, or there is none. The right one is known.
  const computed = computeSignature(sent, request, server)
  if (computed === undefined) {
    const causes = first.suspected.slice(0, 1)
    return { isGenuine: false, causes, unexplained: differences, signedBy: 'unknown' }
  }
  const isOwn = arrived === computed[signatureHeader]
  const signedBy = arrived === undefined ? 'unknown' : isOwn ? 'a configured key' : 'another key'
  const signed = withHeaders(request, { [settingsHeader]: undefined, ...computed })
  const { found, rest, asSeen } = await searchVariants(listVariants(sent, signed, options), differences)
  const { causes: byForm, unexplained } = describeDifferences(rest)
  const causes = [...found, ...byForm, ...describeBody(asSeen, found), ...describeSignature(signedBy, request, first)]
  return { isGenuine: causes.length + unexplained.length === 0, causes, unexplained, signedBy }
}

interface Searched {
  readonly found: readonly Cause[]
  /** The differences that the search did not have to explain. */
  readonly rest: readonly Difference[]
  /** The diagnosis of the request as it was seen, with the right signature. */
  readonly asSeen: Diagnosis | undefined
}

/** Returns the first variant that the search explains. */
async function searchVariants(variants: readonly Variant[], differences: readonly Difference[]): Promise<Searched> {
  let asSeen: Diagnosis | undefined
  for (const { changed, with: options, explained } of variants) {
    const diagnosis = await diagnose(changed, options)
    asSeen ??= diagnosis
    const found = diagnosis.proven?.causes ?? []
    if (diagnosis.verdict.ok || found.length > 0)
      return { found, rest: differences.filter(({ what }) => !explained.includes(what)), asSeen }
  }
  return { found: [], rest: differences, asSeen }
}

/** Splits the differences into those that have a name and the rest. */
function describeDifferences(differences: readonly Difference[]): Pick<Comparison, 'causes' | 'unexplained'> {
  const causes = forms.flatMap(({ applies, detail, ...cause }) => {
    const names = differences.filter(applies).map(({ name }) => name ?? '')
    if (names.length === 0) return []
    return [{ ...cause, detail: `${detail}${names.join('') === '' ? '' : `: ${names.join(', ')}`}.` }]
  })
  return { causes, unexplained: differences.filter((difference) => !forms.some(({ applies }) => applies(difference))) }
}

/** Differences whose cause is known by their form alone. */
const forms: readonly (Cause & { readonly applies: (difference: Difference) => boolean })[] = [
  {
    id: 'params_missing',
    detail: 'The server did not see these parameters',
    fix: 'Find what removes them before the check, or verify the raw body before it runs.',
    applies: ({ what, seen }) => what === 'parameter' && seen.length === 0,
  },
  {
    id: 'params_repeats_dropped',
    detail: 'The server did not see every value of these parameters',
    fix: 'Verify the raw body, or use a parser that keeps repeated names.',
    applies: ({ what, sent, seen }) =>
      what === 'parameter' &&
      seen.length > 0 &&
      seen.length < sent.length &&
      seen.every((value) => sent.includes(value)),
  },
  {
    id: 'query_missing',
    detail: 'The server did not see the query of the URL',
    fix: 'Pass the whole request target on, with its query: req.originalUrl in place of req.path.',
    applies: ({ what, sent, seen }) =>
      what === 'url' && sent[0]?.replace(/\?.*$/s, '') === seen[0] && sent[0] !== seen[0],
  },
]

/** A body whose hash is wrong, or whose bytes are gone, is certain from the code alone. */
function describeBody(asSeen: Diagnosis | undefined, found: readonly Cause[]): readonly Cause[] {
  if (asSeen === undefined || asSeen.verdict.ok || !/^body_/.test(asSeen.verdict.code)) return []
  return found.some(({ id }) => id.startsWith('body_')) ? [] : asSeen.suspected.slice(0, 1)
}

interface Variant {
  readonly changed: DiagnosableRequest
  readonly with: VerifierOptions & DiagnoseOptions
  /** What the diagnosis of this variant explains. The rest is as it was sent. */
  readonly explained: readonly Difference['what'][]
}

/** The request as it was seen; then with the parameters as sent; then with the URL as sent. */
function listVariants(sent: Sent, signed: DiagnosableRequest, options: VerifierOptions & DiagnoseOptions): Variant[] {
  const parts = splitUrl(sent.url)
  const variants: Variant[] = [{ changed: signed, with: options, explained: ['method', 'url', 'parameter', 'body'] }]
  if (sent.method !== 'GET' && sent.params.length > 0) {
    const { params: _, ...rest } = withHeaders(signed, { 'content-type': formType, 'content-length': undefined })
    variants.push({
      changed: { ...rest, body: encodeForm(sent.params) },
      with: options,
      explained: ['method', 'url'],
    })
  }
  if (parts !== undefined) {
    const { signedUrl: _, ...rest } = options
    const changed = { ...withHeaders(signed, { host: parts.authority }), url: parts.target }
    variants.push({ changed, with: { ...rest, publicUrl: parts.origin }, explained: ['method', 'parameter', 'body'] })
  }
  return variants
}

/** Adds the host and the path that were sent to what the search tries. */
function addHints(
  sent: Sent,
  seen: DiagnosableRequest | undefined,
  options: ServerOptions['options'],
): ServerOptions['options'] {
  const parts = splitUrl(sent.url)
  if (parts === undefined) return options
  const toPath = (url: string): string => (splitUrl(url)?.target ?? url).replace(/\?.*$/s, '')
  const [path, own] = [toPath(parts.target), toPath(seen?.url ?? '')]
  const [longer, shorter] = path.length > own.length ? [path, own] : [own, path]
  const prefix = shorter !== '' && longer.endsWith(shorter) ? longer.slice(0, -shorter.length) : ''
  return {
    ...options,
    otherHosts: [...(options.otherHosts ?? []), parts.authority.replace(/:\d+$/, '')],
    ...(prefix.startsWith('/') && { prefixes: [...(options.prefixes ?? []), prefix] }),
  }
}

/** The request that a server behind the configured public URL sees, if nothing changes it. */
function toSeen(sent: Sent, { publicUrl }: VerifierOptions): DiagnosableRequest {
  const parts = splitUrl(sent.url)
  const prefix = typeof publicUrl === 'string' ? (splitUrl(publicUrl)?.target.replace(/\/$/, '') ?? '') : ''
  const target = parts?.target ?? '/'
  const isForm = sent.method !== 'GET' && sent.params.length > 0
  return {
    method: sent.method,
    url: prefix !== '' && target.startsWith(`${prefix}/`) ? target.slice(prefix.length) : target,
    headers: { host: parts?.authority ?? '', ...(isForm && { 'content-type': formType }) },
    ...(isForm && { body: encodeForm(sent.params) }),
  }
}

function encodeForm(params: Sent['params']): string {
  return new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString()
}

/** Returns the headers with which a configured key signs what was sent. */
function computeSignature(
  sent: Sent,
  request: DiagnosableRequest,
  { tokens, sharedKey }: ServerOptions,
): Record<string, string> | undefined {
  // With bodySHA256 the URL covers the body, and nothing else is signed.
  const isForm = sent.method !== 'GET' && !/[?&]bodySHA256=/.test(sent.url) && sent.params.length > 0
  const usesSharedKey = sharedKey !== undefined && readHeader(request, settingsHeader) !== undefined
  // A token in quotes or with blanks is a fault of the configuration, which the diagnosis names.
  const authToken = tokens[0]?.replace(/^[\s"']+|[\s"']+$/g, '')
  try {
    const { headers } = signRequest({
      url: sent.url,
      ...(isForm ? { method: sent.method, params: sent.params } : { method: 'GET' }),
      ...(usesSharedKey ? { sharedKey } : { authToken: authToken ?? '' }),
    })
    return Object.fromEntries(
      Object.entries(headers).filter(([name]) => name === signatureHeader || name === settingsHeader),
    )
  } catch {
    return undefined
  }
}

function describeSignature(
  signedBy: Comparison['signedBy'],
  request: DiagnosableRequest,
  first: Diagnosis,
): readonly Cause[] {
  // Without any header of a client, the record may have left the signature out.
  const missing =
    readHeader(request, 'user-agent') === undefined
      ? undefined
      : first.suspected.find(({ id }) => id === 'signature_missing')
  if (missing !== undefined && readHeader(request, signatureHeader) === undefined) return [missing]
  if (signedBy !== 'another key') return []
  const told = first.suspected.find(({ id }) => /^(token|shared_key|algorithm|signature)_?/.test(id))
  return [
    told ?? {
      id: 'token_of_other_account',
      detail: 'The URL and the parameters that Twilio signed are known, and no configured key makes this signature.',
      fix: 'Configure the Auth Token of the account that owns the number, the application or the service.',
    },
  ]
}

/** Lists what differs. Values are not masked. */
function listDifferences(sent: Sent, seen: DiagnosableRequest, options: VerifierOptions): readonly Difference[] {
  const differences: Difference[] = []
  const add = (what: Difference['what'], one: readonly string[], other: readonly string[], name?: string): void => {
    if (one.join('\n') !== other.join('\n')) differences.push({ what, name, sent: one, seen: other })
  }
  add('method', [sent.method], [seen.method])
  add('url', [sent.url.replace(/#.*$/s, '')], [toFullUrl(seen, options)])
  const pairs = readPairs(seen)
  if (sent.method === 'GET' || sent.params.length === 0) return differences
  if (pairs === undefined) {
    add('body', [`${sent.params.length} parameters`], ['no form'])
    return differences
  }
  const fold = (name: string): string => (sent.namesAreExact ? name : name.toLowerCase().replaceAll('_', ''))
  const gather = (list: Sent['params']): Map<string, { name: string; values: string[] }> => {
    const byName = new Map<string, { name: string; values: string[] }>()
    for (const [name, value] of list) {
      const known = byName.get(fold(name)) ?? { name, values: [] }
      known.values.push(value)
      byName.set(fold(name), known)
    }
    return byName
  }
  const [sentByName, seenByName] = [gather(sent.params), gather(pairs)]
  for (const key of new Set([...sentByName.keys(), ...seenByName.keys()])) {
    const [one, other] = [sentByName.get(key), seenByName.get(key)]
    add('parameter', one?.values ?? [], other?.values ?? [], other?.name ?? one?.name ?? key)
  }
  return differences
}

function toFullUrl({ url, headers }: DiagnosableRequest, { publicUrl }: VerifierOptions): string {
  if (splitUrl(url) !== undefined) return url
  const base = typeof publicUrl === 'string' ? publicUrl : `https://${readHeader({ headers }, 'host') ?? '?'}`
  return base.replace(/\/$/, '') + url
}

function readPairs({ body, params }: DiagnosableRequest): Sent['params'] | undefined {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
    return /^\s*[{[]/.test(text) ? undefined : [...new URLSearchParams(text)]
  }
  if (params instanceof URLSearchParams) return [...params]
  return typeof params === 'object' && params !== null && !(Symbol.iterator in params)
    ? Object.entries(params).flatMap(([name, value]) =>
        [value].flat().map((each): [string, string] => [name, String(each)]),
      )
    : undefined
}

function readHeader({ headers }: Pick<DiagnosableRequest, 'headers'>, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? []
  return typeof value === 'string' ? value : value?.[0]
}

/** Sets or, with `undefined`, removes headers. */
function withHeaders<T extends DiagnosableRequest>(
  request: T,
  changes: Readonly<Record<string, string | undefined>>,
): T {
  const given = request.headers instanceof Headers ? [...request.headers] : Object.entries(request.headers)
  const kept = given.filter(([name]) => !(name.toLowerCase() in changes))
  const set = Object.entries(changes).filter(([, value]) => value !== undefined)
  return { ...request, headers: Object.fromEntries([...kept, ...set]) }
}
