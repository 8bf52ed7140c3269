import { decodeUtf8 } from '../bytes.ts'
import { runUnnoticed } from '../checks/options.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { isFormType, type Pairs, parseForm } from '../form.ts'
import { readCoverage } from '../schemes/twilio/coverage.ts'
import { listAccounts } from '../schemes/twilio/keys.ts'
import type { Settings } from '../schemes/twilio/options.ts'
import { findBodyHash, hashBody } from '../schemes/twilio/sign/signature.ts'
import { parseSignatureSettings } from '../schemes/twilio/sign/signature-settings.ts'
import { joinUrl, splitUrl, type UrlParts } from '../url.ts'
import { isRejected } from '../verdict.ts'
import { type Head, type HeaderReader, readHead, readHeaders, readSingle } from '../verify/head.ts'
import type { HostAndPort } from '../verify/public-url.ts'
import type { IncomingRequest, VerifierOptions } from '../verify/types.ts'
import { type ConfiguredKeys, type GivenTokens, type Key, readConfiguredKeys } from './configured-keys.ts'
import {
  type Evidence,
  isForwarded,
  listHeaderNames,
  type NativeEvidence,
  readEvidence,
  type Seen,
  type Target,
  toHost,
} from './evidence.ts'
import { countCharacters, isHugeForm, parseFormBody, type Work } from './limits.ts'
import type { DiagnoseOptions } from './options.ts'

/** One hypothesis: the URL, the parameters and the keys that Twilio may have used. */
export interface State {
  readonly url: UrlParts
  /** The fragment with its `#`, or an empty text. */
  readonly fragment: string
  readonly pairs: Pairs
  /** The part that the signature has to cover. It covers a body by the `bodySHA256` of the URL. */
  readonly covers: 'params' | 'body' | 'url'
  /** The keys that a server with this configuration would try. */
  readonly keys: readonly Key[]
}

/** Something that read the body. */
export interface Consumed {
  readonly by: string
  readonly fix: string | undefined
}

/** Values from the options that may be the ones that Twilio used. */
interface Hints {
  readonly hosts: readonly Seen<HostAndPort>[]
  readonly prefixes: readonly Seen<string>[]
  readonly userinfos: readonly Seen<string>[]
  readonly fragments: readonly string[]
  readonly targets: readonly Seen<Target>[]
  /** URLs that are configured at Twilio. */
  readonly urls: readonly UrlParts[]
  /** The AccountSids that the options name. */
  readonly accounts: readonly string[]
}

/** The request under diagnosis, read once. */
export interface Subject {
  /** The budget of this diagnosis. */
  readonly work: Work
  /** The request and the options as they were given. */
  readonly request: IncomingRequest
  readonly options: VerifierOptions
  readonly header: HeaderReader
  readonly method: string
  readonly handshake: boolean
  /** The request as this server sees it. */
  readonly state: State
  readonly evidence: Evidence
  readonly hints: Hints
  readonly keys: ConfiguredKeys
  readonly contentType: string
  readonly isForm: boolean
  /** A form larger than any of Twilio's: its parameters are not read, and nothing is searched. */
  readonly tooLarge: boolean
  /** The bytes that arrived, or `undefined` if they are lost. */
  readonly body: Uint8Array | undefined
  /** What read the body and kept no bytes, and how its caller can keep them. */
  readonly consumed: Consumed | undefined
  /** The request was refused before its body was read. */
  readonly unread: boolean
  /** The parameters that a parser returned, as pairs. */
  readonly given: Pairs | undefined
  /** The parameters exactly as the parser returned them. */
  readonly parsed: unknown
  /** The body starts like JSON. */
  readonly looksLikeJson: boolean
  /**
   * The parameters that edits start from, those of a form with a wrong Content-Type included. Empty
   * for JSON, and if there are too many of them.
   */
  readonly formPairs: Pairs
  /** The parameters in the query of the URL. */
  readonly queryPairs: Pairs
  /** The values of X-Twilio-Signature. */
  readonly signatures: readonly string[]
  readonly contentLength: number
  /** The verifier runs in a Lambda authorizer. */
  readonly isAuthorizer: boolean
  /** The body has the hash that the URL names. */
  readonly bodyMatches: boolean
}

/** The input of a diagnosis. */
interface Source {
  readonly request: IncomingRequest
  readonly parsed: unknown
  readonly body: Uint8Array | undefined
  readonly consumed: Consumed | undefined
  readonly unread: boolean
  readonly settings: Settings
  /** The options as they were given, with the tokens that the verifier refuses. */
  readonly options: VerifierOptions
  readonly extra: DiagnoseOptions
  readonly tokens: GivenTokens | undefined
  /** What the request object of a framework or the event of a platform shows. */
  readonly native: NativeEvidence | undefined
  readonly work: Work
}

const nothing = new Uint8Array(0)

/** Reads a request once, for all causes. */
export async function readSubject(source: Source): Promise<Subject> {
  const { request, settings, options, body, parsed } = source
  const header = readHeaders(request.headers)
  const head = readHead(request, header)
  const evidence = addNative(readEvidence(head, request.url, listHeaderNames(request.headers)), source.native)
  const { url, fragment } = readBaseUrl(source, head, evidence)
  const contentType = readSingle(head.header, 'content-type') ?? ''
  const given = readParsed(parsed)
  const isForm = isFormType(contentType)
  const isHuge = isForm && isHugeForm(body)
  const content = readCoverage(head, url.query, isHuge ? nothing : (body ?? nothing))
  const isGet = head.method === 'GET' || head.handshake
  // An object that took the place of a JSON body has no parameters.
  const isJson = source.consumed !== undefined && /json/i.test(contentType)
  const usesGiven =
    given !== undefined && given.length > 0 && !isJson && (isGet || body === undefined || body.length === 0)
  const all = usesGiven ? given : isGet ? [] : content.covers === 'params' ? content.params : []
  const pairs = isHuge ? [] : all
  const covers = usesGiven || isHuge ? 'params' : content.covers
  const queryPairs = parseForm(url.query.slice(1)) ?? []
  const named = parseSignatureSettings(readSingle(head.header, 'x-twilio-webhooks-signature-settings') ?? '')
  const accounts = listAccounts(covers === 'params' ? pairs : queryPairs, 4)
  const [accountSid] = accounts
  const keys = await readConfiguredKeys({
    settings,
    given: source.tokens,
    otherTokens: source.extra.otherTokens ?? {},
    sharedKeys: options.sharedKeys,
    claimedKeyId: named?.keyId ?? readSingle(header, 'x-twilio-signature-key-sid') ?? undefined,
    claimedAlgorithm: named?.algorithm,
    accounts,
    claim: {
      url: joinUrl(url),
      method: head.method,
      ...(accounts.length === 1 && accountSid !== undefined && { accountSid }),
    },
    ownAccount: source.extra.ownAccount,
  })
  const looksLikeJson = startsLikeJson(body)
  const formPairs = isForm || isGet || pairs.length > 0 || body === undefined ? pairs : (parseFormBody(body) ?? [])
  return {
    work: source.work,
    request,
    options,
    header,
    method: head.method,
    handshake: head.handshake,
    state: { url, fragment, pairs, covers, keys: keys.tried },
    evidence,
    hints: readHints(source, queryPairs),
    keys,
    contentType,
    isForm,
    tooLarge: isHuge,
    body,
    consumed: source.consumed,
    unread: source.unread,
    given,
    parsed,
    looksLikeJson,
    formPairs: looksLikeJson || isTooLargeToEdit(formPairs) ? [] : formPairs,
    queryPairs,
    signatures: header('x-twilio-signature').map(String),
    contentLength: Number(readSingle(head.header, 'content-length') ?? 0) || 0,
    isAuthorizer: source.native?.isAuthorizer === true,
    bodyMatches: body !== undefined && findBodyHash(url.query) === hashBody(body),
  }
}

function addNative(evidence: Evidence, native: Source['native']): Evidence {
  if (native === undefined) return evidence
  return {
    ...evidence,
    hosts: [...evidence.hosts, ...native.hosts],
    targets: [...evidence.targets, ...native.targets],
  }
}

// Beyond these limits an edit costs too much. Twilio's largest webhooks have about 40 parameters
// and a few kilobytes.
const mostEditedPairs = 200
const mostEditedCharacters = 64 * 1024

function isTooLargeToEdit(pairs: Pairs): boolean {
  return pairs.length > mostEditedPairs || countCharacters(pairs) > mostEditedCharacters
}

/** Checks the first character. A body that looks like JSON makes no useful form parameters. */
function startsLikeJson(body: Uint8Array | undefined): boolean {
  const text = body === undefined ? undefined : (decodeUtf8(body.subarray(0, 64)) ?? '')
  return /^\ufeff?\s*[[{]/.test(text ?? '')
}

/**
 * Reads the URL that this server checks. If the options refuse the request, it reads the nearest
 * URL.
 */
function readBaseUrl(
  { request, settings, options }: Source,
  head: Head,
  evidence: Evidence,
): { url: UrlParts; fragment: string } {
  const resolved = settings.resolveUrl(head, request, settings.lookupTimeoutMs)
  // A function of the user may have been asked. Its answer would come too late.
  const known = 'then' in resolved || isRejected(resolved) ? undefined : resolved
  const target = typeof request.url === 'string' ? request.url : ''
  const fragment = /#.*$/s.exec(target)?.[0] ?? ''
  const guess = known ?? guessUrl(target.replace(/#.*$/s, ''), options, evidence, request)
  // A rule refused the host of a URL that it built, perhaps with the headers of a trusted proxy.
  const isBuilt = 'then' in resolved || (isRejected(resolved) && resolved.reason === 'host_refused')
  const usedFamily = isBuilt ? findUsedFamily(settings, head, request) : undefined
  const plain = usedFamily === undefined ? guess : { ...guess, ...readForwardedOrigin(evidence, usedFamily) }
  const url = head.handshake ? { ...plain, scheme: 'wss' } : plain
  return { url, fragment: known === undefined ? fragment : '' }
}

/** A family of forwarding headers, as `forwardedBy` names it. */
type ForwardingFamily = 'x-forwarded' | 'forwarded'

/** The headers of each family that name a host or a scheme, with a malformed value. */
const headersOfFamilies: readonly (readonly [ForwardingFamily, name: string, malformed: string])[] = [
  ['x-forwarded', 'x-forwarded-host', '?'],
  ['x-forwarded', 'x-forwarded-proto', '?'],
  ['forwarded', 'forwarded', 'host=?'],
]

/**
 * Finds the headers from which a rule takes the origin: it refuses the request if they are malformed.
 */
function findUsedFamily(settings: Settings, head: Head, request: IncomingRequest): ForwardingFamily | undefined {
  const used = headersOfFamilies.find(([, name, malformed]) => {
    if (head.header(name).length === 0) return false
    const header: HeaderReader = (one) => (one === name ? [malformed] : head.header(one))
    const resolved = settings.resolveUrl({ ...head, header }, request, settings.lookupTimeoutMs)
    // A function in "allowedHosts" was asked again. Its failure says nothing here.
    if ('then' in resolved) runUnnoticed(() => resolved)
    return !('then' in resolved) && isRejected(resolved) && resolved.reason === 'forwarding_malformed'
  })
  return used?.[0]
}

/** Reads the origin that the forwarding headers of a family name. */
function readForwardedOrigin({ schemes, hosts, ports }: Evidence, family: ForwardingFamily): Partial<UrlParts> {
  const isUsed = (seen: Seen<unknown>): boolean =>
    isForwarded(seen) && (seen.from === 'Forwarded') === (family === 'forwarded')
  const [host] = hosts.filter(isUsed)
  const [scheme] = schemes.filter(isUsed)
  const port = host?.value.port || ports.filter(isUsed)[0]?.value
  return {
    ...(scheme && { scheme: scheme.value.toLowerCase().replace('ws', 'http') }),
    ...host?.value,
    ...(port && { port }),
  }
}

function guessUrl(target: string, options: VerifierOptions, evidence: Evidence, request: IncomingRequest): UrlParts {
  const [, path = '/', query = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?(\/[^?]*)?(\?.*)?$/is.exec(target) ?? []
  const urls = listPublicUrls(options)
  const [first] = urls
  const host = evidence.hosts.find(({ from }) => from === 'Host' || from === ':authority' || from === 'the request URL')
  // A list chooses by Host, even if it has one URL.
  if (first !== undefined && (!Array.isArray(options.publicUrl) || host === undefined))
    return { ...first, userinfo: '', path: first.path.replace(/\/$/, '') + path, query }
  return {
    scheme: first?.scheme ?? (request.encrypted === true ? 'https' : 'http'),
    userinfo: '',
    host: host?.value.host ?? 'localhost',
    port: host?.value.port ?? '',
    path,
    query,
  }
}

function listPublicUrls({ publicUrl }: VerifierOptions): UrlParts[] {
  return [publicUrl].flat().flatMap((url) => splitUrl(url) ?? [])
}

function readHints({ options, extra, request, tokens }: Source, queryPairs: Pairs): Hints {
  const urls = listPublicUrls(options)
  const configured = (extra.otherUrls ?? []).flatMap((url) => splitUrl(url) ?? [])
  const signed = askSignedUrl(options, request)
  const whole = signed === undefined ? [] : (splitUrl(signed) ?? [])
  const texts = [...[options.publicUrl].flat(), signed, request.url].filter((text) => typeof text === 'string')
  return {
    hosts: [
      ...(extra.otherHosts ?? []).flatMap((host) => toHost(host.replace(/^[a-z]+:\/\/|\/.*$/gi, ''), 'as given')),
      ...urls.flatMap((url) => toHost(url.host + url.port, '"publicUrl"')),
    ],
    prefixes: [
      ...(extra.prefixes ?? []).map((value) => ({ value, from: 'as given' })),
      ...urls.flatMap((url) => (url.path.length > 1 ? [{ value: url.path, from: '"publicUrl"' }] : [])),
      ...listFunctionNames(),
    ],
    userinfos: [...urls, whole]
      .flat()
      .flatMap((url): Seen<string>[] =>
        url.userinfo === '' ? [] : [{ value: url.userinfo, from: 'the configured URL' }],
      ),
    fragments: texts.flatMap((text) => /#.+$/s.exec(text)?.[0] ?? []),
    targets: [
      ...listOwnTarget(request, options.signedUrl !== undefined),
      ...(queryPairs.length > 0 ? [] : listReferrer(request)),
    ],
    urls: configured,
    accounts: [
      ...[options.allowedAccounts].flat().filter((sid) => typeof sid === 'string'),
      ...(tokens?.list ?? []).flatMap(({ accountSid }) => accountSid ?? []),
    ].slice(0, 16),
  }
}

/** The variables with the name of a function, which the URL of Cloud Functions has and its path has not. */
const functionVariables = ['FUNCTION_TARGET', 'K_SERVICE', 'FUNCTION_NAME']

function listFunctionNames(): Seen<string>[] {
  return functionVariables.flatMap((from) => {
    const name = readEnvironment(from) ?? ''
    return /^[a-z][\w-]{0,62}$/i.test(name) ? [{ value: `/${name}`, from }] : []
  })
}

/** How the user knows the target that arrived. */
export const ownTarget = 'the request target'

function askSignedUrl({ signedUrl }: VerifierOptions, request: IncomingRequest): string | undefined {
  try {
    const url: unknown = signedUrl?.(request)
    return typeof url === 'string' ? url : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads the target that arrived: the "signedUrl" function of the user may leave out its query, or
 * name another path.
 */
function listOwnTarget({ url }: IncomingRequest, isReplaced: boolean): Seen<Target>[] {
  const [, path = '/', query = ''] = /^(?:[a-z]+:\/\/[^/?#]*)?(\/[^?#]*)?(\?[^#]*)?/i.exec(String(url)) ?? []
  return query === '' && !isReplaced ? [] : [{ value: { path, query }, from: ownTarget }]
}

function listReferrer(request: IncomingRequest): Seen<Target>[] {
  const referrer = splitUrl(readSingle(readHeaders(request.headers), 'referer') ?? '')
  return referrer === undefined ? [] : [{ value: { path: referrer.path, query: referrer.query }, from: 'Referer' }]
}

/** At most this many parameters of a parser are read. */
export const mostEntries = 2000

/**
 * Reads the parameters that a framework's parser returned, of any type, with nested values as
 * careless code joins them.
 */
export function readParsed(params: unknown): Pairs | undefined {
  if (params === undefined || params === null) return undefined
  if (typeof params !== 'object') return []
  const pairs: [string, string][] = []
  for (const [name, value] of listEntries(params)) {
    const values = Array.isArray(value) ? value.slice(0, mostEntries) : [value]
    for (const one of values) if (pairs.length < mostEntries) pairs.push([name, toText(one)])
  }
  return pairs
}

/** Lists the entries of an object or an iterable. None if a getter or an iterator throws. */
export function listEntries(params: object): [string, unknown][] {
  try {
    if (!(Symbol.iterator in params)) return Object.entries(params).slice(0, mostEntries)
    const entries: [string, unknown][] = []
    let read = 0
    for (const pair of params as Iterable<unknown>) {
      if (Array.isArray(pair)) entries.push([toText(pair[0]), pair[1]])
      if (++read === mostEntries) break
    }
    return entries
  } catch {
    return []
  }
}

/** Turns a value into text, as careless code does. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[array]' : '[object Object]'
  return typeof value === 'symbol' ? '[symbol]' : `${value}`
}
