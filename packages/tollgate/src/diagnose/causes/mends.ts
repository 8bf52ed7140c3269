import { splitUrl, type UrlParts } from '../../url.ts'
import type { IncomingRequest, VerifierOptions } from '../../verify/types.ts'

/** A request whose URL a verifier should check as it was signed. */
export interface Mending {
  readonly request: IncomingRequest
  /** The options with which the verifier checked another URL. */
  readonly options: VerifierOptions
  /** The URL that was signed. */
  readonly signed: UrlParts
  /** The path of the request target. */
  readonly path: string
}

/** Options that may mend a cause, with the line to copy. */
export interface Candidate {
  /** The option, such as `publicUrl: 'https://example.com/twilio'`. */
  readonly line: string
  readonly options: VerifierOptions
}

/**
 * Lists the options that may mend a cause, the simplest first. The engine tries each: an option
 * counts only if the verifier then checks the URL that was signed.
 */
export type Mend = (mending: Mending) => Iterable<Candidate>

/**
 * Sets `publicUrl`, or `trailingSlash`, or both. A function that the user has instead is replaced
 * by another.
 */
export const setUrl: Mend = function* (mending) {
  const { options, signed, path } = mending
  const either = { trailingSlash: 'either' } as const
  yield { line: "trailingSlash: 'either'", options: either }
  if (options.signedUrl !== undefined) return yield* listFunctions(mending)
  for (const end of [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`]) {
    if (!signed.path.endsWith(end)) continue
    const url = joinOrigin(signed) + signed.path.slice(0, signed.path.length - end.length)
    const publicUrl = replaceUrl(options.publicUrl, url, signed)
    const line = `publicUrl: ${Array.isArray(publicUrl) ? `[${publicUrl.map(quote).join(', ')}]` : quote(url)}`
    yield { line, options: { publicUrl } }
    yield { line: `${line}, trailingSlash: 'either'`, options: { publicUrl, ...either } }
    // A list chooses by Host. Of one URL, the text alone needs no Host.
    if (Array.isArray(options.publicUrl) && options.publicUrl.length === 1)
      yield { line: `publicUrl: ${quote(url)}`, options: { publicUrl: url } }
  }
}

/** Sets `publicUrl` and `trailingSlash`, or a function that replaces the beginning of the path. */
export const setUrlOrFunction: Mend = function* (mending) {
  yield* setUrl(mending)
  if (mending.options.signedUrl === undefined) yield* listFunctions(mending)
}

/** Replaces the function of the user, which may drop a part of the URL. */
export const setFunction: Mend = function* (mending) {
  if (mending.options.signedUrl !== undefined) yield* listFunctions(mending)
}

const escapes = /%(40|3A)/gi

/** Replaces the function of the user, or signs `@` and `:` of the query as they are, as Twilio did with SIP addresses. */
export const setQuerySpelling: Mend = function* (mending) {
  yield* setFunction(mending)
  const { options, signed, path } = mending
  if (options.signedUrl !== undefined || !/[@:]/.test(signed.query) || !signed.path.endsWith(path)) return
  const base = joinOrigin(signed) + signed.path.slice(0, signed.path.length - path.length)
  yield {
    line: `signedUrl: ({ url }) => ${quote(base)} + url.replace(${absolute}, '').replace(${escapes}, decodeURIComponent)`,
    options: { signedUrl: ({ url }) => base + url.replace(absolute, '').replace(escapes, decodeURIComponent) },
  }
}

function joinOrigin({ scheme, host, port }: UrlParts): string {
  return `${scheme.toLowerCase().replace('ws', 'http')}://${host}${port}`
}

/** Replaces the URL of the same host in a list, or adds the URL to it. */
function replaceUrl(publicUrl: VerifierOptions['publicUrl'], url: string, { host }: UrlParts): string | string[] {
  if (!Array.isArray(publicUrl)) return url
  const list = publicUrl.filter((one): one is string => typeof one === 'string')
  const isSameHost = (one: string): boolean =>
    new RegExp(`^[a-z]+://${host.replace(/[^a-z0-9]/gi, '\\$&')}(?=[:/]|$)`, 'i').test(one)
  return list.some(isSameHost) ? list.map((one) => (isSameHost(one) ? url : one)) : [...list, url]
}

/**
 * Lists functions that replace the beginning of the path, for a prefix that a proxy added, or the
 * whole path, if another program was called and sends the request on.
 */
function* listFunctions({ options, signed, path }: Mending): Generator<Candidate> {
  const origin = joinOrigin(signed)
  const [ofSigned, ofPath] = [signed.path.split('/'), path.split('/')]
  let same = 0
  while (same < Math.min(ofSigned.length, ofPath.length) - 1 && ofSigned.at(-1 - same) === ofPath.at(-1 - same)) same++
  if (same === 0) {
    if (isOfOtherHost(options, signed)) yield returnUrl(origin + signed.path)
    return
  }
  const [to, from] = [ofSigned, ofPath].map((segments) => segments.slice(0, -same).join('/'))
  // A slash too much is a fault of the proxy, which a function would only hide.
  if (to === undefined || from === undefined || /^\/+$/.test(from) || /\/\//.test(path) || /\$[$&`'\d<]/.test(to))
    return
  // Adapters of web Requests pass an absolute URL, whose host the sender chooses, and others a path, as
  // copies have it: the function takes both. Nothing of it may become a part of the host: a slash
  // always follows the origin.
  const prefix = new RegExp(`^${from.replace(/\W/g, '\\$&')}(?=\\/)`)
  const change = ({ url }: IncomingRequest): string => {
    const target = url.replace(absolute, '')
    return from === '' ? origin + to + target : origin + target.replace(prefix, to)
  }
  const target = `url.replace(${absolute}, '')`
  const text =
    from === '' ? `${quote(origin + to)} + ${target}` : `${quote(origin)} + ${target}.replace(${prefix}, ${quote(to)})`
  yield { line: `signedUrl: ({ url }) => ${text}`, options: { signedUrl: change } }
}

/**
 * Checks if Twilio called another host than those of this server. Then the path is that of another
 * program, and says nothing of the other paths of this server.
 */
function isOfOtherHost({ publicUrl }: VerifierOptions, { host }: UrlParts): boolean {
  const own = [publicUrl].flat().flatMap((url) => splitUrl(url) ?? [])
  return own.length > 0 && own.every((one) => one.host.toLowerCase() !== host.toLowerCase())
}

/** Makes the function that returns one URL. The query stays that of the request: it is signed too. */
function returnUrl(whole: string): Candidate {
  return {
    line: `signedUrl: ({ url }) => ${quote(whole)} + url.replace(/^[^?]*/, '')`,
    options: { signedUrl: ({ url }) => whole + url.replace(/^[^?]*/, '') },
  }
}

/** The scheme and the host of an absolute URL. */
const absolute = /^\w+:\/\/[^/]*/

/**
 * Quotes a text for JavaScript, without a single quote inside: the line may be pasted into a shell
 * by mistake. URLs with other characters are not offered.
 */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", '\\x27')}'`
}
