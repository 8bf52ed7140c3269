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
 * Whether Twilio sent this request. What a body parser made of a form will do; of anything else, the raw body is needed.
 * Options may come from the request: what is wrong with them is `false` too.
 * @throws TypeError for a token that is none.
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

/** The same under its other name. */
export function validateExpressRequest(
  request: Request,
  authToken: string,
  opts?: RequestValidatorOptions | null,
): boolean {
  return validateIncomingRequest(request, authToken, opts)
}

/** What a request says before its body is looked at. */
export interface Claimed {
  readonly method: string
  readonly header: HeaderReader
  readonly signature: string
  readonly url: string
}

export function readClaim(request: Request, options: RequestValidatorOptions): Claimed | Rejected {
  const header = createHeaderReader(request)
  // Objects made by hand may have no method: of the two, POST has the stricter rules.
  const method = request.method ?? 'POST'
  const claimed = readSignatureClaim(readEnvelope({ method }, header), false)
  if (isRejected(claimed)) return claimed
  if (claimed.sharedKeyId !== undefined) return reject('key_unknown')
  const url = findWebhookUrl(request, header, options)
  return url === undefined ? reject('url_not_allowed') : { method, header, signature: claimed.signature, url }
}

/**
 * Checks the signature over the URL and the body.
 * @returns the parameters that were proven, none for a body that is not a form; `undefined` if the signature does not cover the body.
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

/** The parameters of a form that a parser has read. A GET signs no body. */
function readParams({ method }: Envelope, params: Pairs): Covered | undefined {
  return method === 'GET' ? undefined : { params, signedParams: params }
}

/** Reads the signature by `header()`, as the package does, and the rest from `headers`. */
function createHeaderReader(request: Request): HeaderReader {
  const read = readHeaders(request.headers)
  return (name) => {
    if (name !== 'x-twilio-signature') return read(name)
    const signature: unknown = request.header('X-Twilio-Signature')
    return signature === undefined || signature === '' ? [] : [signature]
  }
}
