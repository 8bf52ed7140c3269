import { parseJsonBody } from '../bytes.ts'
import { readOptions } from '../checks/options.ts'
import { readEnvironment } from '../checks/runtime.ts'
import type { Pairs } from '../form.ts'
import { type Algorithm, algorithms } from '../hmac/algorithms.ts'
import type { Signer } from '../schemes/twilio/sign/signature.ts'
import { ReceivedParams } from '../schemes/twilio/webhook.ts'
import { isRejected, type Rejected } from '../verdict.ts'
import { readBody } from '../verify/body.ts'
import { type Claimed, checkUrlOptions, findBody, readClaim, verifyBody } from './incoming.ts'
import type { Middleware, MiddlewareRequest, MiddlewareResponse, WebhookOptions } from './types.ts'
import { createSecretSigner } from './validate.ts'

const maxBodyBytes = 1024 * 1024

/**
 * Creates Express middleware that answers 403 to requests that Twilio did not sign. Call it as
 * `webhook()`, `webhook(authToken)`, `webhook(options)`, `webhook(options, authToken)` or
 * `webhook(authToken, options)`.
 *
 * Without `url` or `host` the URL is built from the Host header, which the sender chooses. If
 * Twilio can be made to sign a request to another host under the same account, that request is
 * accepted here too. Set one of the two options, or move to `twilioWebhook` of `tollgate/express`,
 * which always has a `publicUrl`.
 * @param opts Options, or the Auth Token. Default: the environment's TWILIO_AUTH_TOKEN.
 * @param authToken The Auth Token, or options.
 * @returns middleware that calls `next` for genuine requests only
 * @throws TypeError if there is neither an Auth Token nor a `sharedKeySecret`, or if an option is
 *   unknown or wrong.
 */
export function webhook(opts?: string | WebhookOptions, authToken?: string | WebhookOptions): Middleware {
  const options = readArguments(opts, authToken)
  if (options.validate === false) return (_request, _response, next) => next()
  const findSigner = createSignerFinder(options)
  const warnOnce = createWarning()
  return (request: MiddlewareRequest, response: MiddlewareResponse, next: (error?: unknown) => void) => {
    const claimed = readClaim(request, options)
    if (isRejected(claimed)) return refuse(request, response, claimed)
    const sign = findSigner(claimed)
    if (sign === undefined) return refuse(request, response)
    const body = findBody(request)
    if (body === undefined) warnOnce()
    if (body !== 'unread') {
      const proven = body && verifyBody(sign, claimed, body)
      return proven === undefined ? refuse(request, response) : next()
    }
    // As in the package, the answer is synchronous unless the body has to be read from the stream.
    readStream(request, claimed)
      .then((bytes) => {
        if (isRejected(bytes)) return refuse(request, response, bytes)
        const proven = verifyBody(sign, claimed, bytes)
        if (proven === undefined) return refuse(request, response)
        setBody(request, proven, bytes)
        next()
      })
      .catch(next)
  }
}

function readArguments(...args: readonly (string | WebhookOptions | null | undefined)[]): WebhookOptions {
  let given: WebhookOptions = {}
  let token: string | undefined
  for (const arg of args) {
    if (arg === undefined || arg === null) continue
    if (typeof arg === 'string') token = arg
    else given = { ...given, ...arg }
  }
  const options = readOptions(given, webhookOptions, 'webhook')
  checkUrlOptions(options)
  return token === undefined ? options : { ...options, authToken: token }
}

/**
 * Prepares the secrets. A request that a SharedKey signed has a settings header, and is checked
 * with `sharedKeySecret` and the algorithm of that header. Every other is checked with the Auth
 * Token.
 */
function createSignerFinder({ authToken, sharedKeySecret }: WebhookOptions): (claimed: Claimed) => Signer | undefined {
  const hasShared = sharedKeySecret !== undefined
  const token = authToken ?? readEnvironment('TWILIO_AUTH_TOKEN')
  if (token === undefined && !hasShared)
    throw new TypeError('"authToken" is missing: give it, or set TWILIO_AUTH_TOKEN')
  const ofToken = token === undefined ? undefined : createSecretSigner(token)
  const ofShared = new Map<Algorithm, Signer | undefined>()
  if (hasShared)
    for (const algorithm of algorithms)
      ofShared.set(algorithm, createSecretSigner(sharedKeySecret, algorithm.name, 'sharedKeySecret'))
  return ({ sharedKeyAlgorithm }) => (sharedKeyAlgorithm === undefined ? ofToken : ofShared.get(sharedKeyAlgorithm))
}

/** The options of `webhook`. */
export const webhookOptions = {
  validate: { type: 'boolean', default: true },
  includeHelpers: { type: 'boolean' },
  url: { type: 'other' },
  host: { type: 'other' },
  protocol: { type: 'other' },
  authToken: { type: 'other' },
  sharedKeySecret: { type: 'other' },
} as const

async function readStream(request: MiddlewareRequest, claimed: Claimed): Promise<Uint8Array | Rejected> {
  // The stream is not destroyed if reading ends early, because the answer still has to leave on the
  // connection.
  return readBody(request.iterator?.({ destroyOnReturn: false }), claimed.header, maxBodyBytes)
}

/**
 * Sets what a parser would have set, and the mark that tells body-parser that the stream was read.
 */
function setBody(request: MiddlewareRequest, params: Pairs, bytes: Uint8Array): void {
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(String(request.headers['content-type']))
  // Bytes that were proven may still not be JSON. Then only `rawBody` has them.
  const body = isJson ? parseJsonBody(bytes) : new ReceivedParams(params).toObject()
  Object.assign(request, { body, rawBody: bytes, _body: true })
}

function refuse(request: MiddlewareRequest, response: MiddlewareResponse, rejection?: Rejected): void {
  if (request.complete === false) response.setHeader?.('connection', 'close')
  const status = rejection === undefined ? 403 : rejection.status
  response.type('text/plain').status(status).send('Twilio Request Validation Failed.')
}

/**
 * Logs once, so that a flood of requests is not a flood of lines. Only the developer can fix the
 * cause.
 */
function createWarning(): () => void {
  let warned = false
  return () => {
    if (warned) return
    warned = true
    // biome-ignore lint/suspicious/noConsole: the developer has no other way to see the cause
    console.error(
      'tollgate: webhook() refused a request, because a body parser read the body and did not keep its bytes. Give the parser { verify: captureRawBody } of tollgate/express, or put webhook() before it.',
    )
  }
}
