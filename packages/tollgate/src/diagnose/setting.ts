import {
  findDefaultPort,
  listSignedForms,
  type SignedForm,
  splitUrl,
  type UrlParts,
} from '../schemes/twilio/sign/signed-url.ts'
import { isRejected, type Verdict } from '../verdict.ts'
import { readHead, readHeaders } from '../verify/head.ts'
import { parseOptions } from '../verify/options.ts'
import { readTarget } from '../verify/public-url.ts'
import type { IncomingRequest, VerifierOptions } from '../verify/types.ts'
import type { CauseId } from './causes/index.ts'
import { type Evidence, isRedirected } from './evidence.ts'
import type { Match } from './search.ts'

/** An option with which the verifier checks the URL that Twilio signed. */
interface Setting {
  /** The option as a line to copy, such as `publicUrl: 'https://example.com/twilio'`. */
  readonly line: string
  /** The causes that it mends. */
  readonly mends: ReadonlySet<CauseId>
}

interface Candidate {
  readonly line: string
  readonly options: VerifierOptions
}

const ofOrigin: ReadonlySet<CauseId> = new Set([
  'scheme',
  'host',
  'host_case',
  'port',
  'path_prefix',
  'path_encoding',
  'trailing_slash',
  'forwarding_headers',
])
const ofQuery: ReadonlySet<CauseId> = new Set(['query_missing', 'query_extra', 'query_order', 'query_encoding'])

/** The input of `findSetting`. */
interface SettingInput {
  readonly request: IncomingRequest
  readonly options: VerifierOptions
  readonly verdict: Verdict
  readonly match: Match
  readonly evidence: Evidence
  readonly causes: readonly CauseId[]
}

/**
 * Finds the option that mends the URL, or the method. Each candidate is tried: it counts only if
 * the verifier then builds the URL that Twilio signed.
 * @param input the request, the options, and what is proven
 * @returns the option, or `undefined` if none does, or if the URL is not the cause
 */
export function findSetting(input: SettingInput): Setting | undefined {
  const found = [findUrlSetting(input), findMethods(input)].filter((setting) => setting !== undefined)
  if (found.length === 0) return undefined
  return { line: found.map(({ line }) => line).join(', '), mends: new Set(found.flatMap(({ mends }) => [...mends])) }
}

function findUrlSetting({ request, options, match, evidence, causes }: SettingInput): Setting | undefined {
  const head = readHead(request, readHeaders(request.headers))
  const target = readTarget(request.url)
  if (target === undefined || !causes.some((id) => ofOrigin.has(id) || ofQuery.has(id))) return undefined
  const signed = choosePort(match, evidence)
  const resolve = (candidate: VerifierOptions): readonly SignedForm[] => {
    const { resolveUrl, eitherSlash, lookupTimeoutMs } = parseOptions(candidate)
    const url = resolveUrl(head, request, lookupTimeoutMs)
    // A function of the user's decides about hosts: it needs no other option.
    if ('then' in url || isRejected(url)) return []
    const parts = head.handshake ? { ...url, scheme: 'wss' } : url
    return listSignedForms(parts, '', { eitherSlash, respelled: request.urlIsNormalized })
  }
  // A handshake may be signed with its query as parameters: then another query has the same URL.
  const { url: whole, signingString } = match.form
  const isSigned = (form: SignedForm): boolean =>
    head.handshake ? form.signingString === signingString : form.url === whole
  const hasOwnCause = causes.some((id) => ofQuery.has(id) || id === 'body_hash_missing')
  const mayBeFunction = causes.includes('path_prefix') || options.signedUrl !== undefined
  for (const { line, options: changed } of listCandidates(request, options, signed, target.path)) {
    if (changed.signedUrl !== undefined && !mayBeFunction) continue
    // Another URL of the list may have a password.
    if (!/^[\x20-\x3f\x41-\x7e]+$/.test(line)) continue
    try {
      const forms = resolve({ ...options, ...changed })
      if (forms.some(isSigned)) return { line, mends: new Set([...ofOrigin, ...ofQuery]) }
      // The query may have a cause of its own. If not, the cause of the path changed it too.
      const isSame = hasOwnCause && forms.some(({ url }) => url.replace(/\?.*$/s, '') === whole.replace(/\?.*$/s, ''))
      if (isSame && causes.some((id) => ofOrigin.has(id))) return { line, mends: ofOrigin }
    } catch {
      // A URL that the verifier refuses as an option.
    }
  }
  return undefined
}

function findMethods({ request, options, verdict, causes }: SettingInput): Setting | undefined {
  const { method, url } = request
  if (verdict.ok || verdict.code !== 'method_not_allowed' || !causes.includes('method')) return undefined
  // With the method, the request would pass without its form.
  if (isRedirected(method, /\?.*/s.exec(url)?.[0] ?? '')) return undefined
  const listed: readonly string[] = [method, ...(options.methods ?? ['GET', 'POST'])]
  const methods = ['GET', 'POST', 'PUT'].filter((one) => listed.includes(one))
  if (!methods.includes(method)) return undefined
  return { line: `methods: [${methods.map(quote).join(', ')}]`, mends: new Set(['method']) }
}

/**
 * Chooses the port of the URL: that of the public host if a header names it, and else the one that
 * was signed, but not the default one, which Twilio adds to some URLs.
 */
function choosePort({ state, form }: Match, { hosts }: Evidence): UrlParts {
  const { host, port, scheme } = state.url
  const isPublic = hosts.some(({ value }) => value.port === port && value.host.toLowerCase() === host.toLowerCase())
  const signed = isPublic ? port : (splitUrl(form.url)?.port ?? '')
  return { ...state.url, port: port === '' || signed === findDefaultPort(scheme) ? '' : signed }
}

function* listCandidates(
  request: IncomingRequest,
  options: VerifierOptions,
  signed: UrlParts,
  path: string,
): Generator<Candidate> {
  const origin = `${signed.scheme.toLowerCase().replace('ws', 'http')}://${signed.host}${signed.port}`
  const either = { trailingSlash: 'either' } as const
  yield { line: "trailingSlash: 'either'", options: either }
  const ends = [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`]
  if (options.signedUrl === undefined)
    for (const end of ends) {
      if (!signed.path.endsWith(end)) continue
      const url = origin + signed.path.slice(0, signed.path.length - end.length)
      const publicUrl = replaceUrl(options.publicUrl, url, signed)
      const line = `publicUrl: ${Array.isArray(publicUrl) ? `[${publicUrl.map(quote).join(', ')}]` : quote(url)}`
      yield { line, options: { publicUrl } }
      yield { line: `${line}, trailingSlash: 'either'`, options: { publicUrl, ...either } }
    }
  yield* listFunctions(request, origin, signed.path, path)
}

/** Replaces the URL of the same host in a list, or adds the URL to it. */
function replaceUrl(publicUrl: VerifierOptions['publicUrl'], url: string, { host }: UrlParts): string | string[] {
  if (!Array.isArray(publicUrl)) return url
  const list = publicUrl.filter((one): one is string => typeof one === 'string')
  const isSameHost = (one: string): boolean =>
    new RegExp(`^[a-z]+://${host.replace(/[^a-z0-9]/gi, '\\$&')}(?=[:/]|$)`, 'i').test(one)
  return list.some(isSameHost) ? list.map((one) => (isSameHost(one) ? url : one)) : [...list, url]
}

/** Lists functions that replace the beginning of the path, for a prefix that a proxy added. */
function* listFunctions({ url }: IncomingRequest, origin: string, signed: string, path: string): Generator<Candidate> {
  const [ofSigned, ofPath] = [signed.split('/'), path.split('/')]
  let same = 0
  while (same < Math.min(ofSigned.length, ofPath.length) - 1 && ofSigned.at(-1 - same) === ofPath.at(-1 - same)) same++
  if (same === 0) return
  const [to, from] = [ofSigned, ofPath].map((segments) => segments.slice(0, -same).join('/'))
  // A slash too much is a fault of the proxy, which a function would only hide.
  if (to === undefined || from === undefined || /^\/+$/.test(from) || /\/\//.test(path) || /\$[$&`'\d<]/.test(to))
    return
  // The sender chooses the host of an absolute URL, and the text behind the prefix. Nothing of these
  // may become a part of the host: a slash always follows the origin.
  const isAbsolute = !url.startsWith('/')
  const prefix = new RegExp(`^${from.replace(/\W/g, '\\$&')}(?=\\/)`)
  const change = ({ url: one }: IncomingRequest): string => {
    const target = isAbsolute ? one.replace(absolute, '') : one
    return from === '' ? origin + to + target : origin + target.replace(prefix, to)
  }
  const target = isAbsolute ? `url.replace(${absolute}, '')` : 'url'
  const text =
    from === '' ? `${quote(origin + to)} + ${target}` : `${quote(origin)} + ${target}.replace(${prefix}, ${quote(to)})`
  yield { line: `signedUrl: ({ url }) => ${text}`, options: { signedUrl: change } }
}

/** The scheme and the host of an absolute URL. */
const absolute = /^\w+:\/\/[^/]*/

/** Quotes a text for JavaScript. URLs with other characters are not offered. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
