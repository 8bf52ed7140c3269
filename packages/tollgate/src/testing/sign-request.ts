import { encodeUtf8 } from '../bytes.ts'
import { readOptions } from '../checks/options.ts'
import { formatCurl } from '../requests/write-curl.ts'
import { type SignRequestInput, signContent } from '../schemes/twilio/test-request.ts'

/**
 * A signed request. Its methods read the fields when they are called, so a test may change the
 * request, or a spread copy of it.
 */
export interface SignedRequest {
  method: string
  /** The URL to send the request to, without userinfo and fragment. */
  url: string
  /** The names are in lower case. */
  headers: Record<string, string>
  body: string | undefined
  /**
   * True for a WebSocket handshake. Pass it to `verify` of a verifier, which reads it from no
   * header.
   */
  handshake: boolean
  /**
   * Returns a web Request. The URL of a handshake becomes http or https, because Request allows no
   * other scheme. Request changes how a URL is written, as browsers do: `'` in a query becomes
   * `%27`, and default ports disappear. Verification accepts both. Browsers drop the headers of a
   * handshake.
   */
  toRequest(): Request
  /**
   * Returns a curl command for a POSIX shell, in printable ASCII. It sends exactly these bytes to
   * the URL that was signed. A body with other characters, or of more than 100,000 bytes, comes
   * from `printf`.
   */
  toCurl(): string
}

/** The input of `signRequest`. */
export const signRequestInput = {
  url: { type: 'other', required: true },
  method: { type: 'string' },
  params: { type: 'other' },
  json: { type: 'other' },
  body: { type: 'other' },
  contentType: { type: 'string' },
  headers: { type: 'other' },
  handshake: { type: 'boolean' },
  authToken: { type: 'other' },
  sharedKey: { type: 'other' },
} as const

/**
 * Signs a request as Twilio does, for tests of your handlers. Sign with a token that you made for
 * the tests, or with your own token if you send the request to your own server.
 *
 * @param input The URL, the content and one key: `authToken` or `sharedKey`.
 * @throws TypeError that names the property, for input that Twilio could not send.
 */
export function signRequest(input: SignRequestInput): SignedRequest {
  readOptions(input, signRequestInput, 'signRequest')
  return {
    ...signContent(input),
    toRequest() {
      const init = { method: this.method, headers: this.headers }
      return new Request(toHttpUrl(this.url), this.body === undefined ? init : { ...init, body: this.body })
    },
    toCurl() {
      const bytes = this.body === undefined ? undefined : encodeUtf8(this.body)
      return formatCurl({ method: this.method, url: this.url, headers: Object.entries(this.headers), body: bytes })
    },
  }
}

// A web Request sends the handshake of a WebSocket as the HTTP request that it is.
function toHttpUrl(url: string): string {
  return url.replace(/^ws/i, 'http')
}
