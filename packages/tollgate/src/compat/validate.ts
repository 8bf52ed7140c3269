import { showOption } from '../checks/options.ts'
import { isBytes } from '../checks/runtime.ts'
import { describeSecretFault, describeTokenFault } from '../checks/secrets.ts'
import {
  createSigner,
  equalSignatures,
  findBodyHash,
  hashBody,
  isSignature,
  type Signer,
} from '../schemes/twilio/sign/signature.ts'
import { listSignedForms, type SignedForm } from '../schemes/twilio/sign/signed-url.ts'
import { joinPairs, joinParams, type Params, toPairs } from '../schemes/twilio/sign/signing-string.ts'
import { findDefaultPort, splitUrl, type UrlParts } from '../url.ts'
import { findNamedAlgorithm } from './signature-settings.ts'
import { listUrlSpellings } from './spellings.ts'

/**
 * Form parameters as a body parser returns them: strings, numbers, booleans, and lists of these.
 * Other values do not verify. An object of any interface fits.
 */
// biome-ignore lint/suspicious/noExplicitAny: as in the package, for code that sets fields one by one
export type FormParams = Record<string, any>

/**
 * Computes the signature that Twilio sends for a URL and its form parameters.
 * @param authToken The account's Auth Token, or the secret of a SharedKey beside `algorithm`.
 * @param url The whole URL that Twilio requests, query included. It is signed as it is.
 * @param params The form parameters of a POST, `{}` for a GET.
 * @param algorithm HMAC_SHA1 (default) or HMAC_SHA256.
 * @returns the value of X-Twilio-Signature, in base64
 * @throws TypeError if the secret is empty or not a secret, or if a parameter is an object.
 * @throws Error if the algorithm is unknown.
 */
export function getExpectedTwilioSignature(
  authToken: string,
  url: string,
  params: FormParams | null,
  algorithm?: string,
): string {
  const sign = createSecretSigner(authToken, algorithm)
  if (sign === undefined) throw new Error(`Unsupported webhook signature algorithm: ${showOption(algorithm)}`)
  const paramsText = joinParams(withDefault(params, url))
  if (paramsText === undefined)
    throw new TypeError('"params" must be a record of strings, numbers, booleans and arrays of these')
  return sign(url + paramsText)
}

/**
 * Hashes a body as Twilio does for the query parameter `bodySHA256`.
 * @param body The raw body. A string counts as UTF-8.
 * @returns the SHA-256 in lower-case hex
 */
export function getExpectedBodyHash(body: string | Uint8Array): string {
  return hashBody(body)
}

/**
 * Checks that Twilio signed this URL and these form parameters. Use `validateRequestWithBody` for a
 * body that is not a form.
 * @param authToken The account's Auth Token, or the secret of a SharedKey beside `algorithm`.
 * @param twilioHeader The X-Twilio-Signature header.
 * @param url The whole URL that Twilio requested, query included.
 * @param params The form parameters of a POST, at most 10,000; `{}` for a GET.
 * @param algorithm HMAC_SHA1 (default) or HMAC_SHA256, as `getSignatureAlgorithm` returns it.
 * @returns false for anything malformed in the request, and for an unknown algorithm
 * @throws TypeError if the secret is empty or not a secret.
 */
export function validateRequest(
  authToken: string,
  twilioHeader: string | null | undefined,
  url: string,
  params: FormParams | null,
  algorithm?: string,
): boolean {
  const sign = createSecretSigner(authToken, algorithm)
  const pairs = toPairs(withDefault(params, url))
  return sign !== undefined && pairs !== undefined && matchesSpellings(sign, url, joinPairs(pairs), twilioHeader)
}

/**
 * Checks that a body has this hash. It verifies no signature.
 * @param body The raw body. A string counts as UTF-8.
 * @param bodyHash The `bodySHA256` of the query, as text or as its character codes.
 */
export function validateBody(body: string | Uint8Array, bodyHash: readonly unknown[] | string | Uint8Array): boolean {
  if (!isBody(body)) return false
  return equalSignatures(getExpectedBodyHash(body), typeof bodyHash === 'string' ? bodyHash : readCodes(bodyHash))
}

function readCodes(codes: readonly unknown[] | Uint8Array): string {
  // A query parser makes `{ length: '4294967295' }` of `bodySHA256[length]=4294967295`.
  const first: readonly unknown[] = Array.isArray(codes) || isBytes(codes) ? [...codes.slice(0, 65)] : []
  return String.fromCharCode(...first.map((code) => (typeof code === 'number' ? code : 0)))
}

/**
 * Checks that Twilio signed this URL and, through its `bodySHA256`, this raw body.
 * @param authToken The account's Auth Token, or the secret of a SharedKey beside `algorithm`.
 * @param twilioHeader The X-Twilio-Signature header.
 * @param url The whole URL that Twilio requested, query included.
 * @param body The raw body as it arrived. A string counts as UTF-8.
 * @param algorithm HMAC_SHA1 (default) or HMAC_SHA256, as `getSignatureAlgorithm` returns it.
 * @returns false for anything malformed in the request, for a URL without `bodySHA256`, and for an
 *   unknown algorithm
 * @throws TypeError if the secret is empty or not a secret.
 */
export function validateRequestWithBody(
  authToken: string,
  twilioHeader: string | null | undefined,
  url: string,
  body: string | Uint8Array,
  algorithm?: string,
): boolean {
  const sign = createSecretSigner(authToken, algorithm)
  const { query = '' } = (typeof url === 'string' ? splitUrl(url.trim()) : undefined) ?? {}
  if (sign === undefined || !isBody(body) || findBodyHash(query) !== getExpectedBodyHash(body)) return false
  return matchesSpellings(sign, url, '', twilioHeader)
}

/**
 * Checks a signature against every form of every spelling of a URL. Each form is tried once,
 * because the spellings share most forms.
 * @param paramsText The joined parameters, which Twilio signs after the URL.
 */
export function matchesSpellings(
  sign: Signer,
  url: string,
  paramsText: string,
  signature: string | null | undefined,
): boolean {
  if (typeof url !== 'string' || typeof signature !== 'string') return false
  if (!isSignature(signature)) return false
  const tried = new Set<string>()
  for (const spelling of listUrlSpellings(url)) {
    const parts = splitUrl(spelling)
    if (parts === undefined) continue
    for (const form of listForms(parts, paramsText)) {
      // With parameters, the URL tells the forms apart. Without, a handshake's form may have its
      // query as parameters.
      const id = paramsText === '' ? form.signingString : form.url
      if (tried.has(id)) continue
      if (equalSignatures(sign(form.signingString), signature)) return true
      tried.add(id)
    }
  }
  return false
}

/**
 * Lists the core's forms, then those with userinfo: the package keeps it. Twilio drops it, so only
 * their port is varied.
 */
function* listForms(parts: UrlParts, paramsText: string): Generator<SignedForm> {
  yield* listSignedForms(parts, paramsText)
  const { scheme, userinfo, host, port, path, query } = parts
  if (userinfo === '') return
  for (const one of [port, '', findDefaultPort(scheme)]) {
    const url = `${scheme}://${userinfo}${host}${one}${path}${query}`
    yield { url, signingString: url + paramsText }
  }
}

/**
 * Creates the function that signs with a secret.
 * @param algorithm Without it, the secret is an Auth Token. With it, it may be a SharedKey's, which
 *   may look like an API key.
 * @param name Names the argument in the error.
 * @returns `undefined` if the algorithm is unknown
 * @throws TypeError that names the argument and never shows the secret.
 */
export function createSecretSigner(secret: unknown, algorithm?: string, name = 'authToken'): Signer | undefined {
  const fault = algorithm ? describeSecretFault(secret) : describeTokenFault(secret)
  if (fault !== undefined) throw new TypeError(`"${name}" ${fault}`)
  const found = findNamedAlgorithm(algorithm)
  return found && createSigner(found, secret as string)
}

/**
 * With `bodySHA256` in the URL, the package reads null as `{}`, for callers that check the body
 * themselves.
 */
function withDefault(params: FormParams | null, url: string): Params {
  return (params === null && typeof url === 'string' && url.includes('bodySHA256') ? {} : params) as Params
}

function isBody(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || isBytes(body)
}
