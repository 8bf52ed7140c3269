import { encodeUtf8 } from './bytes.ts'
import { isBytes } from './checks/runtime.ts'
import { parseTokens } from './checks/secrets.ts'
import { defaultAlgorithm } from './hmac/algorithms.ts'
import {
  createSigner,
  equalSignatures,
  findBodyHash,
  hashBody,
  isCanonicalSignature,
  type Signer,
} from './schemes/twilio/sign/signature.ts'
import { findInForms } from './schemes/twilio/sign/signed-url.ts'
import { joinParams, type Params } from './schemes/twilio/sign/signing-string.ts'
import { splitUrl } from './url.ts'

/**
 * The three-argument check of Twilio's helper libraries. For middleware, subaccounts, SharedKeys
 * and reasons see `createVerifier`.
 */
export class RequestValidator {
  readonly #signers: readonly Signer[]

  /**
   * @param authToken The Auth Token of the account, or several during a rotation (at most 16).
   * @throws TypeError for a token that is empty, blank, quoted, or clearly not an Auth Token.
   */
  constructor(authToken: string | readonly string[]) {
    this.#signers = parseTokens(authToken, 'authToken').map((token) => createSigner(defaultAlgorithm, token))
  }

  /**
   * Checks that Twilio signed a request with the Auth Token. Never throws because of what a request
   * contains.
   *
   * @param url The whole URL that Twilio requested, with its query. It is tried with and without
   *   its port, with the default port, with and without userinfo, with an empty path for `/`, and
   *   with `'` for `%27`.
   * @param params The form parameters of a POST, or `{}` for a GET. Numbers and booleans count as
   *   their text, nested objects do not verify. For a body that is not a form: the raw body, as a
   *   string or bytes, which `bodySHA256` in the URL must match. The text of a form has no such
   *   hash, so it does not verify: pass `new URLSearchParams(text)`.
   * @param signature The X-Twilio-Signature header.
   * @returns true if the signature matches; false for anything else, also for anything malformed
   */
  validate(url: string, params: Params | string | Uint8Array, signature: string | null | undefined): boolean {
    if (typeof signature !== 'string' || !isCanonicalSignature(signature, defaultAlgorithm.bytes)) return false
    const parts = splitUrl(url)
    if (parts === undefined) return false
    const paramsText = readParams(params, parts.query)
    if (paramsText === undefined) return false
    const matched = findInForms(parts, paramsText, { userinfo: true }, ({ signingString }) =>
      this.#signers.find((sign) => equalSignatures(sign(signingString), signature)),
    )
    return matched !== undefined
  }
}

/**
 * Reads the text that is signed after the URL. `undefined` if parameters are malformed or the URL
 * does not have the body's hash.
 */
function readParams(params: Params | string | Uint8Array, query: string): string | undefined {
  if (typeof params !== 'string' && !isBytes(params)) return joinParams(params)
  const expected = findBodyHash(query)
  const body = typeof params === 'string' ? encodeUtf8(params) : params
  // Without a body and without a hash of one, the signature covers everything.
  const bound = expected === undefined ? body.length === 0 : expected === hashBody(body)
  return bound ? '' : undefined
}
