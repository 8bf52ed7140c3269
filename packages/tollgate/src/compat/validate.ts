import { describeTokenFault } from '../auth-token.ts'
import { isBytes } from '../bytes.ts'
import { defaultAlgorithm } from '../scheme/algorithms.ts'
import { findBodyHash, hashBody } from '../scheme/body-hash.ts'
import { createSigner, equalSignatures, isCanonicalSignature, type Signer } from '../scheme/signature.ts'
import { defaultPort, listSignedForms, type SignedForm, splitUrl, type UrlParts } from '../scheme/signed-url.ts'
import { joinPairs, joinParams, type Pairs, type Params, toPairs } from '../scheme/signing-string.ts'
import { listUrlSpellings } from './spellings.ts'

const encoder = new TextEncoder()

/** Form parameters, as a body parser made them. Anything but texts and lists of texts does not verify. */
export type FormParams = Readonly<Record<string, unknown>>

/**
 * The signature that Twilio would send for a URL and its form parameters.
 * @throws TypeError for a token that is none, and for parameters that are no texts.
 */
export function getExpectedTwilioSignature(authToken: string, url: string, params: FormParams | null): string {
  const sign = createTokenSigner(authToken)
  const paramsText = joinParams(withDefault(params, url) as Params)
  if (paramsText === undefined) throw new TypeError('"params" must be a record of strings and arrays of strings')
  return sign(url + paramsText)
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
  const sign = createTokenSigner(authToken)
  const pairs = readFormParams(withDefault(params, url))
  return pairs !== undefined && matchesSpellings(sign, url, joinPairs(pairs), twilioHeader)
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
  const sign = createTokenSigner(authToken)
  const { query = '' } = (typeof url === 'string' ? splitUrl(url.trim()) : undefined) ?? {}
  if (!isBody(body) || findBodyHash(query) !== getExpectedBodyHash(body)) return false
  return matchesSpellings(sign, url, '', twilioHeader)
}

// Parameters cost far more to order than their bytes to hash, and the longest webhooks have some hundred.
export const mostPairs = 10_000

/** @returns `undefined` for anything but texts and lists of texts, and for more of them than any webhook has. */
export function readFormParams(params: unknown): Pairs | undefined {
  // The names are counted first, because listing the entries of a huge record costs far more.
  if (typeof params !== 'object' || params === null || Object.keys(params).length > mostPairs) return undefined
  const pairs = toPairs(params as Params)
  return pairs === undefined || pairs.length > mostPairs ? undefined : pairs
}

/**
 * Checks a signature against every form of every spelling of a URL, each form once. The spellings have most forms in common.
 * @param paramsText the joined parameters, which are signed after the URL
 */
export function matchesSpellings(
  sign: Signer,
  url: string,
  paramsText: string,
  signature: string | null | undefined,
): boolean {
  if (typeof url !== 'string' || typeof signature !== 'string') return false
  if (!isCanonicalSignature(signature, defaultAlgorithm.bytes)) return false
  const tried = new Set<string>()
  for (const spelling of listUrlSpellings(url)) {
    const parts = splitUrl(spelling)
    if (parts === undefined) continue
    for (const form of listForms(parts, paramsText)) {
      // With parameters, the URL tells the forms apart. Without, a handshake's form may have its query as parameters.
      const id = paramsText === '' ? form.signingString : form.url
      if (tried.has(id)) continue
      if (equalSignatures(sign(form.signingString), signature)) return true
      tried.add(id)
    }
  }
  return false
}

/** The core's forms, and those with userinfo. The package keeps it, Twilio drops it, so that only the port is varied there. */
function* listForms(parts: UrlParts, paramsText: string): Generator<SignedForm> {
  yield* listSignedForms(parts, paramsText)
  const { scheme, userinfo, host, port, path, query } = parts
  if (userinfo === '') return
  for (const one of [port, '', defaultPort(scheme)]) {
    const url = `${scheme}://${userinfo}${host}${one}${path}${query}`
    yield { url, signingString: url + paramsText }
  }
}

/** @throws TypeError, which names the argument and never shows the token. */
export function createTokenSigner(authToken: unknown): Signer {
  const fault = describeTokenFault(authToken)
  if (fault !== undefined) throw new TypeError(`"authToken" ${fault}`)
  return createSigner(defaultAlgorithm.name, authToken as string)
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
