import { checkKnownOptions } from '../checks/options.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { describeSecretFault, describeTokenFault } from '../checks/secrets.ts'
import { createSigner, parseSignatureSettings } from '../scheme/signature.ts'
import { signingString } from '../scheme/signing-string.ts'
import { composeRequest, type SignRequestInput } from './compose.ts'
import { formatCurl, toHttpUrl } from './curl.ts'

/** The methods build from the fields as they are when called: a test may alter the request, or a spread copy of it. */
export interface SignedRequest {
  method: string
  /** With everything that the query gained, without userinfo and fragment. */
  url: string
  /** Names in lower case. */
  headers: Record<string, string>
  body: string | undefined
  /** Whether it is a WebSocket handshake. `verify` of a verifier has to be given it: it goes by no header. */
  handshake: boolean
  /**
   * A web Request; a handshake's URL becomes http or https, for no other is allowed. Request re-spells URLs as browsers
   * do (`'` in a query becomes `%27`, default ports vanish), which verification allows for, and browsers drop the
   * handshake's own headers.
   */
  toRequest(): Request
  /**
   * A curl command to paste into a POSIX shell: it sends these very bytes to the URL that was signed. Linux limits one
   * argument to 128 KiB. A body with a NUL character is a `TypeError`.
   */
  toCurl(): string
}

const known: Record<keyof SignRequestInput, true> = {
  url: true,
  method: true,
  params: true,
  json: true,
  body: true,
  contentType: true,
  headers: true,
  handshake: true,
  authToken: true,
  sharedKey: true,
}

/**
 * Makes a request that is signed as Twilio signs its own, for tests of your handlers: with a token made for tests, or
 * with your own against your own server. Throws a `TypeError` that names the property for what Twilio could not send.
 */
export function signRequest(input: SignRequestInput): SignedRequest {
  checkKnownOptions(input, known, 'signRequest')
  const { sign, settings } = readKey(input)
  const { method, url, headers, body, handshake, signedUrl, signedParams } = composeRequest(input)
  headers['x-twilio-signature'] = sign(signingString(signedUrl, signedParams))
  if (settings !== undefined) headers['x-twilio-webhooks-signature-settings'] = settings
  return {
    method,
    url,
    headers,
    body,
    handshake,
    toRequest() {
      const init = { method: this.method, headers: this.headers }
      return new Request(toHttpUrl(this.url), this.body === undefined ? init : { ...init, body: this.body })
    },
    toCurl() {
      return formatCurl(this)
    },
  }
}

interface SigningKey {
  sign(text: string): string
  readonly settings?: string
}

function readKey({ authToken, sharedKey }: SignRequestInput): SigningKey {
  if (authToken !== undefined && sharedKey !== undefined)
    throw new TypeError('"authToken" and "sharedKey" are both given: a request is signed with one of them')
  if (sharedKey !== undefined) return readSharedKey(sharedKey)
  const token = authToken ?? readEnvironment('TWILIO_AUTH_TOKEN')
  if (token === undefined)
    throw new TypeError('Nothing to sign with: give "authToken" or "sharedKey", or set TWILIO_AUTH_TOKEN')
  const fault = describeTokenFault(token)
  if (fault !== undefined)
    throw new TypeError(`${authToken === undefined ? 'TWILIO_AUTH_TOKEN' : '"authToken"'} ${fault}`)
  return { sign: createSigner('HMAC_SHA1', token) }
}

function readSharedKey(sharedKey: unknown): SigningKey {
  const { id, secret } = (sharedKey ?? {}) as { id?: unknown; secret?: unknown }
  const settings = `key=${id},algorithm=HMAC_SHA256`
  if (typeof id !== 'string' || parseSignatureSettings(settings)?.keyId !== id)
    throw new TypeError('"sharedKey.id" must be at most 256 printable ASCII characters without blanks and commas')
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`"sharedKey.secret" ${fault}`)
  return { sign: createSigner('HMAC_SHA256', secret as string), settings }
}
