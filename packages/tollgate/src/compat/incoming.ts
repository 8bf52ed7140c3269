import { encodeUtf8 } from '../bytes.ts'
import { readOption } from '../checks/options.ts'
import { isBytes } from '../checks/runtime.ts'
import { isFormType, type Pairs } from '../form.ts'
import { type Algorithm, defaultAlgorithm } from '../hmac/algorithms.ts'
import { readSignatureClaim } from '../schemes/twilio/claim.ts'
import { type Coverage, readCoverage } from '../schemes/twilio/coverage.ts'
import type { Signer } from '../schemes/twilio/sign/signature.ts'
import { joinPairs, type Params, toPairs } from '../schemes/twilio/sign/signing-string.ts'
import { splitUrl } from '../url.ts'
import { isRejected, type Rejected, reject } from '../verdict.ts'
import { type Head, type HeaderReader, readHead, readHeaders, readSingle } from '../verify/head.ts'
import { parseHost, readHost, readTarget } from '../verify/public-url.ts'
import { findNamedAlgorithm, SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER } from './signature-settings.ts'
import { isSameQuery } from './spellings.ts'
import type { MiddlewareRequest, Request, RequestValidatorOptions } from './types.ts'
import { createSecretSigner, matchesSpellings } from './validate.ts'

/**
 * Checks that Twilio signed this request. For a form, the object of a body parser is enough. Any
 * other body needs its raw bytes.
 * @param request Express's request, or any object of that shape.
 * @param authToken The account's Auth Token, or the secret of a SharedKey beside `algorithm`.
 * @param opts How Twilio reaches this server, and the algorithm of the secret. Wrong options give
 *   false, because they may come from the request.
 * @returns false for anything malformed in the request
 * @throws TypeError if the secret is empty or not a secret.
 */
export function validateIncomingRequest(
  request: Request,
  authToken: string,
  opts?: RequestValidatorOptions | null,
): boolean {
  const given = opts ?? {}
  const algorithm = readOption(given, 'algorithm')
  const sign = createSecretSigner(authToken, algorithm)
  const chosen = findNamedAlgorithm(algorithm)
  if (sign === undefined || chosen === undefined) return false
  const [url, host, protocol] = [readOption(given, 'url'), readOption(given, 'host'), readOption(given, 'protocol')]
  const claimed = readClaim(request, { url, host, protocol }, chosen)
  const body = isRejected(claimed) ? undefined : findBody(request)
  if (isRejected(claimed) || body === undefined || body === 'unread') return false
  return verifyBody(sign, claimed, body) !== undefined
}

/**
 * Another name of `validateIncomingRequest`.
 * @param request Express's request, or an object of its shape.
 * @param authToken The Auth Token, or the secret of a SharedKey together with `algorithm`.
 */
export function validateExpressRequest(
  request: Request,
  authToken: string,
  opts?: RequestValidatorOptions | null,
): boolean {
  return validateIncomingRequest(request, authToken, opts)
}

/**
 * The method, the signature and the URL of a request, before its body is read. Nothing of it is
 * verified.
 */
export interface Claimed {
  readonly method: string
  readonly header: HeaderReader
  readonly signature: string
  /**
   * The algorithm of a SharedKey, as the settings header names it. `undefined` for an Auth Token.
   */
  readonly sharedKeyAlgorithm: Algorithm | undefined
  readonly url: string
}

// The package accepts every method. These are the methods that Twilio has: WhatsApp senders may be
// set to PUT.
const rules = { methods: new Set(['GET', 'POST', 'PUT']), sharedKeysOnly: false }

/**
 * Reads everything but the body, or says why the request is refused without it.
 * @param chosen The algorithm that the caller chose. Default: the request's settings header says
 *   it.
 */
export function readClaim(request: Request, options: RequestValidatorOptions, chosen?: Algorithm): Claimed | Rejected {
  const header = createHeaderReader(request, chosen)
  // An object made by hand may have no method. POST has the stricter rules.
  const method = request.method ?? 'POST'
  const claimed = readSignatureClaim(readHead({ method }, header), rules)
  if (isRejected(claimed)) return claimed
  const { signature, sharedKeyId, algorithm } = claimed
  // The private beta's header names no algorithm. The package does not know it.
  if (algorithm === undefined) return reject('key_unknown')
  const url = findWebhookUrl(request, header, options)
  if (url === undefined) return reject('target_malformed')
  return { method, header, signature, sharedKeyAlgorithm: sharedKeyId === undefined ? undefined : algorithm, url }
}

/**
 * Checks the signature over the URL and the body.
 * @returns the parameters that were proven, empty for a body that is not a form; `undefined` if the
 *   signature does not cover the body
 */
export function verifyBody(sign: Signer, claimed: Claimed, body: FoundBody): Pairs | undefined {
  const head = readHead(claimed, claimed.header)
  const covered = isBytes(body) ? readBytes(head, claimed.url, body) : readParams(head, body)
  if (covered === undefined) return undefined
  const matches = matchesSpellings(sign, claimed.url, joinPairs(covered.signedParams), claimed.signature)
  return matches ? covered.params : undefined
}

type Covered = Pick<Coverage, 'params' | 'signedParams'>

function readBytes(head: Head, url: string, bytes: Uint8Array): Covered | undefined {
  const { query = '' } = splitUrl(url.trim()) ?? {}
  const coverage = readCoverage(head, query, bytes)
  return coverage.rejection === undefined ? coverage : undefined
}

/** Takes the parameters of a form that a parser has read. The signature of a GET covers no body. */
function readParams({ method }: Head, params: Pairs): Covered | undefined {
  return method === 'GET' ? undefined : { params, signedParams: params }
}

/**
 * Reads the headers of a signature with `header()`, as the package does, and all others from
 * `headers`.
 */
function createHeaderReader(request: Request, chosen: Algorithm | undefined): HeaderReader {
  const read = readHeaders(request.headers)
  const readOne = (name: string): readonly unknown[] => {
    const value: unknown = request.header(name)
    return value === undefined || value === '' ? [] : [value]
  }
  return (name) => {
    if (name === 'x-twilio-signature') return readOne(SIGNATURE_HEADER)
    if (chosen !== undefined && name === 'x-twilio-signature-key-sid') return []
    if (name !== 'x-twilio-webhooks-signature-settings') return read(name)
    // The caller has chosen the secret, so nothing in the request may choose another.
    if (chosen !== undefined) return chosen === defaultAlgorithm ? [] : [`key=chosen,algorithm=${chosen.name}`]
    return readOne(SIGNATURE_SETTINGS_HEADER)
  }
}

/** The bytes of a body, or the parameters of a form whose bytes were not kept. */
type FoundBody = Uint8Array | Pairs

/**
 * Finds the body of a request that a parser may have read.
 * @returns the bytes that were kept, or the parameters that a form parser read; `'unread'` if the
 *   body is still in the stream; `undefined` if it is lost, or was parsed into something that is
 *   not a form
 */
export function findBody(request: MiddlewareRequest): FoundBody | 'unread' | undefined {
  const sent = readOption(request, 'body')
  for (const kept of [readOption(request, 'rawBody'), sent]) {
    if (isBytes(kept) && kept.length > 0) return kept
    if (typeof kept === 'string' && kept !== '') return encodeUtf8(kept)
  }
  const parsed = sent || {}
  if (typeof parsed !== 'object') return undefined
  const params = toPairs(parsed as Params)
  if (params === undefined || params.length > 0) return isForm(request) ? params : undefined
  // Empty lists have no part in the signature. They do not make the body an empty one.
  if (Object.keys(parsed).length > 0) return undefined
  // Without a parsed body there was none, or no parser was made for its type. A later parser may
  // be.
  if (!isDeclared(request)) return new Uint8Array(0)
  return request.readableDidRead === false && typeof request.iterator === 'function' ? 'unread' : undefined
}

/**
 * True for the Content-Type of a form. A missing one counts as a form's, for requests made by hand.
 * A wrong guess fails closed, because the parameters that are verified here are the ones that the
 * application gets.
 */
function isForm(request: MiddlewareRequest): boolean {
  const type = readSingle(readHeaders(request.headers), 'content-type')
  return type === undefined || (type !== null && isFormType(type))
}

/**
 * RFC 9112 section 6: a request with a body declares a length or an encoding. In HTTP/2 it may
 * declare neither.
 */
function isDeclared(request: MiddlewareRequest): boolean {
  const header = readHeaders(request.headers)
  if (header(':method').length > 0 && request.complete !== true) return true
  return header('transfer-encoding').length > 0 || !/^0*$/.test(readSingle(header, 'content-length') ?? '')
}

/**
 * Checks the options of `webhook()`.
 * @throws TypeError that names the option.
 */
export function checkUrlOptions({ url, host, protocol }: RequestValidatorOptions): void {
  if (isGiven(url)) {
    // As in the package, the other two are not used then.
    if (typeof url === 'string' && splitUrl(url.trim()) !== undefined) return
    throw new TypeError('"url" must be the whole https or http URL that Twilio requests')
  }
  if (isGiven(host) && (typeof host !== 'string' || parseHost(host) === undefined))
    throw new TypeError('"host" must be the host that Twilio requests, such as "api.example.com", and nothing more')
  if (isGiven(protocol) && (typeof protocol !== 'string' || !/^(https?|wss?):?$/.test(protocol)))
    throw new TypeError(`"protocol" must be 'https' or 'http'`)
}

// An empty string counts as not given, as in the package: an unset variable in a template leaves
// one.
function isGiven(option: unknown): boolean {
  return option !== undefined && option !== null && option !== ''
}

/**
 * Finds the URL that Twilio requested.
 * @returns `undefined` if the target or the host is malformed, or if the query is not the one of
 *   the option `url`
 */
function findWebhookUrl(request: Request, header: HeaderReader, options: RequestValidatorOptions): string | undefined {
  // Express finds the path of an absolute target in another way. Twilio never sends one.
  const { originalUrl }: { readonly originalUrl: unknown } = request
  const isPath = typeof originalUrl === 'string' && originalUrl.startsWith('/')
  const target = isPath ? readTarget(originalUrl) : undefined
  if (target === undefined) return undefined
  const { url } = options
  if (isGiven(url)) {
    const configured = typeof url === 'string' ? splitUrl(url.trim()) : undefined
    if (configured === undefined) return undefined
    // The signature covers `url`, not the query that arrived. Without this check, anything could be
    // added to the query of a signed request. An empty query is allowed, because a proxy that
    // rewrites paths may drop it.
    return target.query === '' || isSameQuery(target.query, configured.query) ? url : undefined
  }
  const host = isGiven(options.host) ? parseHost(toText(options.host)) : readHost(header, request.originalUrl)
  if (host === undefined) return undefined
  const protocol = toText(isGiven(options.protocol) ? options.protocol : request.protocol).replace(/:$/, '')
  return `${protocol}://${host.host}${host.port}${target.path}${target.query}`
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
