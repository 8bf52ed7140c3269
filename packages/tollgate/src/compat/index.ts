/**
 * The webhooks module of the `twilio` package under the same names, so that changing one import is
 * enough. docs/migrating-from-twilio.md says with which versions it is compared. It accepts what Twilio
 * signs and that package accepts. The deliberate differences:
 *
 * Refused here, accepted there
 * - an empty, blank, quoted or placeholder Auth Token: a TypeError that names `authToken`;
 *   `webhook()` throws it when it is made
 * - any method but GET, POST and PUT
 * - a body that the signature does not cover: text, multipart, JSON without `bodySHA256`, any body
 *   on a GET, an unparsed form
 * - a JSON body whose bytes were not kept; there it counts as `{}`
 * - parameters that are nested objects, lists in lists, or null
 * - more than 10,000 parameters
 * - a Host header or a `host` option that is more than host[:port], or longer than 255 characters
 * - with `url`, a query that has other parameters than `url`
 * - another spelling of the URL that an application would read differently: reordered parameters,
 *   parameters after the thousandth, resolved dot segments, backslashes, invalid percent-encoding
 * - a form whose URL has `bodySHA256`, if it is signed without its parameters
 * - a `bodySHA256` that is repeated with different values, or percent-encoded
 * - a settings header that is not exactly `key=…,algorithm=…`, as Twilio sends it, or that names an
 *   algorithm in another letter case
 * - X-Twilio-Signature-Key-Sid of Twilio's private beta; `createVerifier` verifies it
 * - a URL that is not absolute http(s) or ws(s), an empty port (`https://host:/sms`), port 0, wss URLs
 *   with `:80`, a URL signed with its fragment
 *
 * Accepted here, refused there
 * - a configured `url` with a fragment or userinfo, which Twilio does not sign
 * - `/` for an empty path, `%27` for `'`, and the reverse; the default port where the URL names
 *   another
 * - WebSocket handshakes in every form that Twilio signs
 * - field names such as `a[b]`, and forms or JSON that no parser has read: the raw body is read
 * - a GET of a regulatory bundle whose URL has `bodySHA256`; a form whose URL has it, signed with
 *   its parameters
 *
 * Different answers
 * - `webhook({ authToken })` uses the option; there the environment replaces it
 * - no signature: 403, there 400
 * - no Auth Token: a TypeError of `webhook()`, there a 500 for each request; a request of a
 *   SharedKey without `sharedKeySecret`: 403, there 500
 * - a body over 1 MiB that no parser has read: 413; a compressed one: 415; an unknown option: a
 *   TypeError
 * - nothing in a request throws; there a malformed URL or Host, `{ "toString": 1 }` and null
 *   parameters throw
 *
 * The same on purpose: the port may be missing from the signed URL (Twilio leaves it out for
 * calls), `+` and `%20` are the same space, and without `url` or `host` the Host header is trusted.
 */
export { validateExpressRequest, validateIncomingRequest } from './incoming.ts'
export {
  getSignatureAlgorithm,
  HMAC_SHA1,
  HMAC_SHA256,
  SIGNATURE_HEADER,
  SIGNATURE_SETTINGS_HEADER,
} from './signature-settings.ts'
export type { Middleware, Request, RequestValidatorOptions, WebhookOptions } from './types.ts'
export {
  type FormParams,
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  validateBody,
  validateRequest,
  validateRequestWithBody,
} from './validate.ts'
export { webhook } from './webhook.ts'
