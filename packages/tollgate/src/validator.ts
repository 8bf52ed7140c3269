import { isBytes } from './checks/runtime.ts'
import { parseTokens } from './checks/secrets.ts'
import { defaultAlgorithm } from './scheme/algorithms.ts'
import {
  createSigner,
  equalSignatures,
  findBodyHash,
  hashBody,
  isCanonicalSignature,
  type Signer,
} from './scheme/signature.ts'
import { joinFirstForm, listOtherForms, type SignedForm, splitUrl } from './scheme/signed-url.ts'
import { joinParams, type Params } from './scheme/signing-string.ts'

/**
 * The three-argument check of Twilio's helper libraries. For middleware, subaccounts, SharedKeys and reasons, see `createVerifier`.
 */
export class RequestValidator {
  readonly #signers: readonly Signer[]

  /**
   * @param authToken The account's Auth Token, or several while it is being rotated (at most 16).
   * @throws TypeError for one that is empty, blank, quoted, or visibly something else than an Auth Token.
   */
  constructor(authToken: string | readonly string[]) {
    this.#signers = parseTokens(authToken, 'authToken').map((token) => createSigner(defaultAlgorithm.name, token))
  }

  /**
   * Whether Twilio signed this request with the Auth Token. Never throws for what a request contains: anything malformed is `false`.
   *
   * @param url The whole URL as Twilio requested it, query included. Tried with and without its port, with the default port, with
   *   and without userinfo, with an empty path for `/`, and with `'` for `%27`.
   * @param params The form parameters of a POST, `{}` for a GET; or the raw body (string or bytes) of a request that is not a
   *   form, which the URL's `bodySHA256` must match.
   * @param signature The X-Twilio-Signature header.
   */
  validate(url: string, params: Params | string | Uint8Array, signature: string | null | undefined): boolean {
    if (typeof signature !== 'string' || !isCanonicalSignature(signature, defaultAlgorithm.bytes)) return false
    const parts = typeof url === 'string' ? splitUrl(url) : undefined
    if (parts === undefined) return false
    const paramsText = readParams(params, parts.query)
    if (paramsText === undefined) return false
    if (this.#matches(joinFirstForm(parts, paramsText), signature)) return true
    for (const form of listOtherForms(parts, paramsText, { userinfo: true }))
      if (this.#matches(form, signature)) return true
    return false
  }

  #matches({ signingString }: SignedForm, signature: string): boolean {
    for (const sign of this.#signers) if (equalSignatures(sign(signingString), signature)) return true
    return false
  }
}

const encoder = new TextEncoder()

/** What is signed after the URL; `undefined` when the parameters are malformed or the body is not bound by its hash. */
function readParams(params: Params | string | Uint8Array, query: string): string | undefined {
  if (typeof params !== 'string' && !isBytes(params)) return joinParams(params)
  const expected = findBodyHash(query)
  const body = typeof params === 'string' ? encoder.encode(params) : params
  // Nothing is left uncovered when there is no body and no hash of one.
  const bound = expected === undefined ? body.length === 0 : expected === hashBody(body)
  return bound ? '' : undefined
}
