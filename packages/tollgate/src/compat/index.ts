/**
 * The webhooks module of the `twilio` package (6.2.0), name for name, so that changing one import is enough. What Twilio signs and
 * that package accepts is accepted here. The deliberate differences:
 *
 * Refused here, accepted there
 * - an empty, blank, quoted or placeholder Auth Token: a TypeError that names `authToken`, in `webhook()` when it is made
 * - any method but GET and POST
 * - a body that the signature does not cover: text, multipart, JSON without `bodySHA256`, any body on a GET, a form left unparsed
 * - a JSON body whose bytes nobody kept, which there counts as `{}`
 * - parameters that are not texts or lists of texts: nested objects, numbers, null
 * - a Host, or a `host` option, that is more than host[:port]
 * - more than 10,000 parameters, a Host of more than 255 characters
 * - with `url`, a query that holds other parameters than `url`
 * - a respelled URL that an application would read otherwise: reordered parameters, more of them behind the thousandth, resolved
 *   dot segments, backslashes, invalid percent-encoding
 * - a form whose URL holds `bodySHA256`, when it is signed without its parameters
 * - a `bodySHA256` that is repeated with different values, or spelled with escapes
 * - X-Twilio-Webhooks-Signature-Settings: a SharedKey signed, which `createVerifier` verifies
 * - a signature that is not canonical Base64, a URL that is not absolute http(s) or ws(s), port 0,
 *   wss URLs with `:80`, a URL signed with its fragment
 *
 * Accepted here, refused there
 * - a configured `url` with a fragment or userinfo, which Twilio does not sign; `/` for an empty path and the reverse; `%27` for `'`
 *   and the reverse; the default port where the URL names another
 * - WebSocket handshakes in every form that Twilio signs
 * - field names such as `a[b]`, and forms or JSON that no parser has read: the raw body is read
 * - a GET whose URL holds `bodySHA256`; a form whose URL holds it, signed with its parameters
 *
 * Answered otherwise
 * - `webhook({ authToken })` is used; there the environment overwrites it
 * - no signature: 403, there 400; no Auth Token: a TypeError at once, there 500 at each request; a body over 1 MiB that no parser
 *   has read: 413, compressed: 415; an unknown option: a TypeError
 * - nothing in a request throws: there a malformed URL or Host, `{ "toString": 1 }` and null parameters do
 *
 * The same here as there, on purpose: a port may be missing from the signed URL (Twilio leaves it out for calls), `+` and `%20`
 * are the same space, and without `url` or `host` the Host header is believed.
 */
export { validateExpressRequest, validateIncomingRequest } from './incoming.ts'
export type {
  Middleware,
  MiddlewareRequest,
  MiddlewareResponse,
  Request,
  RequestValidatorOptions,
  WebhookOptions,
} from './types.ts'
export {
  type FormParams,
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  validateBody,
  validateRequest,
  validateRequestWithBody,
} from './validate.ts'
export { webhook } from './webhook.ts'
