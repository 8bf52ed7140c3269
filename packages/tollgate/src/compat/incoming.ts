import { isBytes } from '../bytes.ts'
import { type Content, readContent } from '../request/content.ts'
import { type Envelope, readEnvelope, readSignatureClaim } from '../request/envelope.ts'
import { type HeaderReader, readHeaders } from '../request/headers.ts'
import type { Signer } from '../scheme/signature.ts'
import { splitUrl } from '../scheme/signed-url.ts'
import { joinPairs, type Pairs } from '../scheme/signing-string.ts'
import { isRejected, type Rejected, reject } from '../verdict.ts'
import { type FoundBody, findBody } from './received-body.ts'
import type { Request, RequestValidatorOptions } from './types.ts'
import { createTokenSigner, matchesSpellings } from './validate.ts'
import { findWebhookUrl } from './webhook-url.ts'

/**
 * Checks that Twilio signed this request. For a form, the object of a body parser is enough. Any
 * other body needs its raw bytes.
 * @param request Express's request, or any object of that shape.
 * @param authToken The account's Auth Token.
 * @param opts How Twilio reaches this server. Wrong options give false, because they may come from
 *   the request.
 * @returns false for anything malformed in the request
 * @throws TypeError if the Auth Token is empty or not an Auth Token.
 */
export function validateIncomingRequest(
  request: Request,
  authToken: string,
  opts?: RequestValidatorOptions | null,
): boolean {
  const sign = createTokenSigner(authToken)
  const claimed = readClaim(request, opts ?? {})
  const body = isRejected(claimed) ? undefined : findBody(request)
  if (isRejected(claimed) || body === undefined || body === 'unread') return false
  return verifyBody(sign, claimed, body) !== undefined
}

/** Another name of `validateIncomingRequest`. */
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
  readonly url: string
}

/** Reads everything but the body, or says why the request is refused without it. */
export function readClaim(request: Request, options: RequestValidatorOptions): Claimed | Rejected {
  const header = createHeaderReader(request)
  // An object made by hand may have no method. POST has the stricter rules.
  const method = request.method ?? 'POST'
  const claimed = readSignatureClaim(readEnvelope({ method }, header), false)
  if (isRejected(claimed)) return claimed
  if (claimed.sharedKeyId !== undefined) return reject('key_unknown')
  const url = findWebhookUrl(request, header, options)
  return url === undefined ? reject('url_not_allowed') : { method, header, signature: claimed.signature, url }
}

/**
 * Checks the signature over the URL and the body.
 * @returns the parameters that were proven, empty for a body that is not a form; `undefined` if the
 *   signature does not cover the body
 */
export function verifyBody(sign: Signer, claimed: Claimed, body: FoundBody): Pairs | undefined {
  const envelope = readEnvelope(claimed, claimed.header)
  const content = isBytes(body) ? readBytes(envelope, claimed.url, body) : readParams(envelope, body)
  if (content === undefined) return undefined
  const matches = matchesSpellings(sign, claimed.url, joinPairs(content.signedParams), claimed.signature)
  return matches ? content.params : undefined
}

type Covered = Pick<Content, 'params' | 'signedParams'>

function readBytes(envelope: Envelope, url: string, bytes: Uint8Array): Covered | undefined {
  const { query = '' } = splitUrl(url.trim()) ?? {}
  const content = readContent(envelope, query, bytes)
  return content.refusal === undefined ? content : undefined
}

/** Takes the parameters of a form that a parser has read. The signature of a GET covers no body. */
function readParams({ method }: Envelope, params: Pairs): Covered | undefined {
  return method === 'GET' ? undefined : { params, signedParams: params }
}

/**
 * Reads the signature with `header()`, as the package does, and all other headers from `headers`.
 */
function createHeaderReader(request: Request): HeaderReader {
  const read = readHeaders(request.headers)
  return (name) => {
    if (name !== 'x-twilio-signature') return read(name)
    const signature: unknown = request.header('X-Twilio-Signature')
    return signature === undefined || signature === '' ? [] : [signature]
  }
}
