import { describeTokenFault } from '../auth-token.ts'
import { isBytes } from '../bytes.ts'
import { RequestValidator } from '../index.ts'
import { defaultAlgorithm } from '../scheme/algorithms.ts'
import { findBodyHash, hashBody } from '../scheme/body-hash.ts'
import { createSigner, equalSignatures } from '../scheme/signature.ts'
import { splitUrl } from '../scheme/signed-url.ts'
import { type Params, signingString, toPairs } from '../scheme/signing-string.ts'
import { listUrlSpellings } from './spellings.ts'

const encoder = new TextEncoder()

/** Form parameters, as a body parser made them. Anything but texts and lists of texts does not verify. */
export type FormParams = Readonly<Record<string, unknown>>

/**
 * The signature that Twilio would send for a URL and its form parameters.
 * @throws TypeError for a token that is none, and for parameters that are no texts.
 */
export function getExpectedTwilioSignature(authToken: string, url: string, params: FormParams | null): string {
  const sign = createSigner(defaultAlgorithm.name, checkToken(authToken))
  const pairs = toPairs(withDefault(params, url) as Params)
  if (pairs === undefined) throw new TypeError('"params" must be a record of strings and arrays of strings')
  return sign(signingString(url, pairs))
}

/** The lower-case hex SHA-256 that Twilio puts into the query as `bodySHA256`. */
export function getExpectedBodyHash(body: string | Uint8Array): string {
  return hashBody(toBytes(body))
}

/**
 * Whether Twilio signed this URL and these form parameters (`{}` for a GET). A body that is not a form is covered by
 * `validateRequestWithBody` only.
 * @throws TypeError for a token that is none.
 */
export function validateRequest(
  authToken: string,
  twilioHeader: string | null | undefined,
  url: string,
  params: FormParams | null,
): boolean {
  const validator = new RequestValidator(checkToken(authToken))
  const pairs = toPairs(withDefault(params, url) as Params)
  return pairs !== undefined && validateSpellings(validator, url, pairs, twilioHeader)
}

/** Whether a body has this hash. */
export function validateBody(body: string | Uint8Array, bodyHash: readonly number[] | string | Uint8Array): boolean {
  if (!isBody(body)) return false
  const given =
    typeof bodyHash === 'string' ? bodyHash : String.fromCharCode(...Array.from(bodyHash ?? []).slice(0, 65))
  return equalSignatures(getExpectedBodyHash(body), given)
}

/**
 * Whether Twilio signed this URL, and this raw body through the URL's `bodySHA256`.
 * @throws TypeError for a token that is none.
 */
export function validateRequestWithBody(
  authToken: string,
  twilioHeader: string | null | undefined,
  url: string,
  body: string | Uint8Array,
): boolean {
  const validator = new RequestValidator(checkToken(authToken))
  const { query = '' } = (typeof url === 'string' ? splitUrl(url.trim()) : undefined) ?? {}
  if (!isBody(body) || findBodyHash(query) === undefined) return false
  return validateSpellings(validator, url, body, twilioHeader)
}

/** Tries one spelling of the URL after the other. */
export function validateSpellings(
  validator: RequestValidator,
  url: string,
  params: Params | string | Uint8Array,
  signature: string | null | undefined,
): boolean {
  if (typeof url !== 'string') return false
  return listUrlSpellings(url).some((spelling) => validator.validate(spelling, params, signature))
}

/** Throws a TypeError that names the argument and never shows the token. */
export function checkToken(authToken: unknown): string {
  const fault = describeTokenFault(authToken)
  if (fault !== undefined) throw new TypeError(`"authToken" ${fault}`)
  return authToken as string
}

/** The package takes null for `{}` where the URL has a `bodySHA256`, for callers who check the body themselves. */
function withDefault(params: FormParams | null, url: string): FormParams | null {
  return params === null && typeof url === 'string' && url.includes('bodySHA256') ? {} : params
}

function isBody(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || isBytes(body)
}

function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : body
}
