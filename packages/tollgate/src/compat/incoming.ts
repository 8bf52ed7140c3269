import { RequestValidator } from '../index.ts'
import { readContent } from '../request/content.ts'
import { readEnvelope, readSignatureClaim } from '../request/envelope.ts'
import { type HeaderReader, readHeaders } from '../request/headers.ts'
import { splitUrl } from '../scheme/signed-url.ts'
import type { Pairs } from '../scheme/signing-string.ts'
import { isRefusal, Refusal } from '../verdict.ts'
import { type FoundBody, findBody } from './received-body.ts'
import type { Request, RequestValidatorOptions } from './types.ts'
import { checkToken, validateSpellings } from './validate.ts'
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
  const validator = new RequestValidator(checkToken(authToken))
  const claimed = readClaim(request, opts ?? {})
  const body = isRefusal(claimed) ? undefined : findBody(request)
  if (isRefusal(claimed) || body === undefined || body === 'unread') return false
  return verifyBody(validator, claimed, body) !== undefined
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

export function readClaim(request: Request, options: RequestValidatorOptions): Claimed | Refusal {
  const header = createHeaderReader(request)
  // Objects made by hand may have no method: of the two, POST has the stricter rules.
  const method = request.method ?? 'POST'
  const claimed = readSignatureClaim(readEnvelope(method, header), false)
  if (isRefusal(claimed)) return claimed
  if (claimed.sharedKeyId !== undefined) return new Refusal('key_unknown')
  const url = findWebhookUrl(request, header, options)
  return url === undefined ? new Refusal('url_not_allowed') : { method, header, signature: claimed.signature, url }
}

/** The parameters that were proven, none for a body that is not a form; `undefined` where the signature does not cover the body. */
export function verifyBody(validator: RequestValidator, claimed: Claimed, body: FoundBody): Pairs | undefined {
  const { query = '' } = splitUrl(claimed.url.trim()) ?? {}
  const header = body.isRebuilt ? assumeForm(claimed.header) : claimed.header
  const content = readContent(readEnvelope(claimed.method, header), query, body.bytes)
  if (content.refusal !== undefined) return undefined
  const valid = validateSpellings(validator, claimed.url, content.signedParams, claimed.signature)
  return valid ? content.params : undefined
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

/** Objects made by hand, and hosts that parse by themselves, may leave the type out. */
function assumeForm(read: HeaderReader): HeaderReader {
  return (name) => {
    const values = read(name)
    return name === 'content-type' && values.length === 0 ? ['application/x-www-form-urlencoded'] : values
  }
}
