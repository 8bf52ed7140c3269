import type { Pairs } from '../scheme/form.ts'
import { isFormType, parseForm } from '../scheme/form.ts'
import { findBodyHash, hashBody, parseSignatureSettings } from '../scheme/signature.ts'
import { splitUrl, type UrlParts } from '../scheme/signed-url.ts'
import { isRejected } from '../verdict.ts'
import { listAccounts } from '../verify/candidates.ts'
import { readCoverage } from '../verify/coverage.ts'
import { type Head, readHead, readHeaders, readSingle } from '../verify/head.ts'
import type { Settings } from '../verify/options.ts'
import type { IncomingRequest, VerifierOptions } from '../verify/types.ts'
import { type GivenTokens, readConfiguredKeys } from './configured-keys.ts'
import { type Evidence, readEvidence, type Seen, type Target, toHost } from './evidence.ts'
import { hasTooManyPairs, isHugeForm } from './form-body.ts'
import { readParsed } from './parsed-params.ts'
import type { Hints, Subject } from './subject.ts'
import type { DiagnoseOptions } from './types.ts'
import type { Work } from './work.ts'

/** Everything that a diagnosis starts from. */
export interface Source {
  readonly request: IncomingRequest
  readonly parsed: unknown
  readonly body: Uint8Array | undefined
  readonly consumedBy: string | undefined
  readonly unread: boolean
  readonly settings: Settings
  /** As given: with the tokens that the verifier would refuse. */
  readonly options: VerifierOptions
  readonly extra: DiagnoseOptions
  readonly tokens: GivenTokens | undefined
  readonly work: Work
}

const nothing = new Uint8Array(0)

export async function readSubject(source: Source): Promise<Subject> {
  const { request, settings, options, body, parsed } = source
  const envelope = readHead(request, readHeaders(request.headers))
  const evidence = readEvidence(envelope, request.url)
  const { url, fragment } = readBaseUrl(source, envelope, evidence)
  const contentType = readSingle(envelope.header, 'content-type') ?? ''
  const given = readParsed(parsed)
  const isForm = isFormType(contentType)
  const isHuge = isForm && isHugeForm(body)
  const content = readCoverage(envelope, url.query, isHuge ? nothing : (body ?? nothing))
  const isGet = envelope.method === 'GET' || envelope.handshake
  const usesGiven = given !== undefined && given.length > 0 && (isGet || body === undefined || body.length === 0)
  const all = usesGiven ? given : isGet ? [] : content.covers === 'params' ? content.params : []
  const tooLarge = isHuge || hasTooManyPairs(all)
  const pairs = tooLarge ? [] : all
  const covers = usesGiven || isHuge ? 'params' : content.covers
  const queryPairs = parseForm(url.query.slice(1)) ?? []
  const named = parseSignatureSettings(readSingle(envelope.header, 'x-twilio-webhooks-signature-settings') ?? '')
  const accounts = listAccounts(covers === 'params' ? pairs : queryPairs, 4)
  const [accountSid] = accounts
  const keys = await readConfiguredKeys({
    settings,
    given: source.tokens,
    otherTokens: source.extra.otherTokens ?? {},
    sharedKeys: options.sharedKeys,
    claimedKeyId: named?.keyId,
    claimedAlgorithm: named?.algorithm,
    accounts,
    claim: {
      url: `${url.scheme}://${url.host}${url.port}${url.path}${url.query}`,
      method: envelope.method,
      ...(accounts.length === 1 && accountSid !== undefined && { accountSid }),
    },
  })
  return {
    work: source.work,
    method: envelope.method,
    handshake: envelope.handshake,
    state: { url, fragment, pairs, covers, keys: keys.tried },
    evidence,
    hints: readHints(source, queryPairs),
    keys,
    contentType,
    isForm,
    tooLarge,
    body,
    consumedBy: source.consumedBy,
    unread: source.unread,
    given,
    parsed,
    queryPairs,
    signatureIsBlank: /^\s*$/.test(readSingle(envelope.header, 'x-twilio-signature') ?? '-'),
    contentLength: Number(readSingle(envelope.header, 'content-length') ?? 0) || 0,
    bodyMatches: body !== undefined && findBodyHash(url.query) === hashBody(body),
  }
}

/** The URL that this server checks; where it refuses to tell one, the nearest that can be read. */
function readBaseUrl(
  { request, settings, options }: Source,
  envelope: Head,
  evidence: Evidence,
): { url: UrlParts; fragment: string } {
  const resolved = settings.resolveUrl(envelope, request)
  const target = typeof request.url === 'string' ? request.url : ''
  const fragment = /#.*$/s.exec(target)?.[0] ?? ''
  const plain = !isRejected(resolved) ? resolved : guessUrl(target.replace(/#.*$/s, ''), options, evidence, request)
  const url = envelope.handshake ? { ...plain, scheme: 'wss' } : plain
  return { url, fragment: isRejected(resolved) ? fragment : '' }
}

function guessUrl(target: string, options: VerifierOptions, evidence: Evidence, request: IncomingRequest): UrlParts {
  const [, path = '/', query = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?(\/[^?]*)?(\?.*)?$/is.exec(target) ?? []
  const urls = listPublicUrls(options)
  const [first] = urls
  const host = evidence.hosts.find(({ from }) => from === 'Host' || from === ':authority' || from === 'the request URL')
  if (first !== undefined && (urls.length === 1 || host === undefined))
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
  return [publicUrl].flat().flatMap((url) => (typeof url === 'string' ? (splitUrl(url) ?? []) : []))
}

function readHints({ options, extra, request, tokens }: Source, queryPairs: Pairs): Hints {
  const urls = listPublicUrls(options)
  const signed = askSignedUrl(options, request)
  const whole = signed === undefined ? [] : (splitUrl(signed) ?? [])
  const texts = [...[options.publicUrl].flat(), signed, request.url].filter((text) => typeof text === 'string')
  return {
    hosts: [
      ...(extra.otherHosts ?? []).flatMap((host) => toHost(host.replace(/^[a-z]+:\/\/|\/.*$/gi, ''), '"otherHosts"')),
      ...urls.flatMap((url) => toHost(url.host + url.port, '"publicUrl"')),
    ],
    prefixes: [
      ...(extra.prefixes ?? []).map((value) => ({ value, from: '"prefixes"' })),
      ...urls.flatMap((url) => (url.path.length > 1 ? [{ value: url.path, from: '"publicUrl"' }] : [])),
    ],
    userinfos: [...urls, whole]
      .flat()
      .flatMap((url): Seen<string>[] =>
        url.userinfo === '' ? [] : [{ value: url.userinfo, from: 'the configured URL' }],
      ),
    fragments: texts.flatMap((text) => /#.+$/s.exec(text)?.[0] ?? []),
    targets: [...listOwnTarget(request), ...(queryPairs.length > 0 ? [] : listReferrer(request))],
    accounts: [
      ...[options.accountSid].flat().filter((sid) => typeof sid === 'string'),
      ...(tokens?.list ?? []).flatMap(({ accountSid }) => accountSid ?? []),
    ].slice(0, 16),
  }
}

function askSignedUrl({ signedUrl }: VerifierOptions, request: IncomingRequest): string | undefined {
  try {
    const url: unknown = signedUrl?.(request)
    return typeof url === 'string' ? url : undefined
  } catch {
    return undefined
  }
}

/** The target that arrived: a "signedUrl" of the user's may have left out its query. */
function listOwnTarget({ url }: IncomingRequest): Seen<Target>[] {
  const [, path = '/', query = ''] = /^(?:[a-z]+:\/\/[^/?#]*)?(\/[^?#]*)?(\?[^#]*)?/i.exec(String(url)) ?? []
  return query === '' ? [] : [{ value: { path, query }, from: 'the request target' }]
}

function listReferrer(request: IncomingRequest): Seen<Target>[] {
  const referrer = splitUrl(readSingle(readHeaders(request.headers), 'referer') ?? '')
  return referrer === undefined ? [] : [{ value: { path: referrer.path, query: referrer.query }, from: 'Referer' }]
}
