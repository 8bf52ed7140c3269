import { readEnvironment } from '../environment.ts'
import { checkKnownOptions } from '../known-options.ts'
import { readBody } from '../request/body.ts'
import { decodeUtf8 } from '../scheme/form.ts'
import type { Pairs } from '../scheme/signing-string.ts'
import { isRejected, type Rejected } from '../verdict.ts'
import { ReceivedParams } from '../webhook-params.ts'
import { type Claimed, readClaim, verifyBody } from './incoming.ts'
import { findBody } from './received-body.ts'
import type { Middleware, MiddlewareRequest, MiddlewareResponse, WebhookOptions } from './types.ts'
import { createTokenSigner } from './validate.ts'
import { checkUrlOptions } from './webhook-url.ts'

const maxBodyBytes = 1024 * 1024

/**
 * Express middleware: what Twilio did not sign is answered with 403. `webhook()`, `webhook(authToken)`, `webhook(options)`,
 * `webhook(options, authToken)` and `webhook(authToken, options)`.
 *
 * Without `url` or `host` the URL is built from the Host header, which the sender chooses: whoever can have Twilio sign a request to
 * a host of their own under the same account can have it accepted here. Name one of the two, or move to `twilioWebhook` of
 * `tollgate/express`, whose `publicUrl` is not optional.
 * @throws TypeError where there is no Auth Token, or an option is unknown or unusable.
 */
export function webhook(opts?: string | WebhookOptions, authToken?: string | WebhookOptions): Middleware {
  const options = readArguments(opts, authToken)
  if (options.validate === false) return (_request, _response, next) => next()
  const sign = createTokenSigner(options.authToken ?? readEnvironmentToken())
  const tellOnce = createTeller()
  return (request, response, next) => {
    const claimed = readClaim(request, options)
    if (isRejected(claimed)) return refuse(request, response, claimed)
    const body = findBody(request)
    if (body === undefined) tellOnce()
    if (body !== 'unread') {
      const proven = body && verifyBody(sign, claimed, body)
      return proven === undefined ? refuse(request, response) : next()
    }
    // Whatever is at hand is decided at once, as the package does; only a stream has to be waited for.
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
  let options: WebhookOptions = {}
  let token: string | undefined
  for (const arg of args) {
    if (arg === undefined || arg === null) continue
    if (typeof arg === 'string') token = arg
    else options = { ...options, ...arg }
  }
  checkKnownOptions(options, known, 'webhook')
  if (options.validate !== undefined && typeof options.validate !== 'boolean')
    throw new TypeError(`"validate" must be a boolean, got ${typeof options.validate}`)
  checkUrlOptions(options)
  return token === undefined ? options : { ...options, authToken: token }
}

const known: Readonly<Record<keyof WebhookOptions, true>> = {
  validate: true,
  includeHelpers: true,
  url: true,
  host: true,
  protocol: true,
  authToken: true,
}

function readEnvironmentToken(): string {
  const token = readEnvironment('TWILIO_AUTH_TOKEN')
  if (token === undefined) throw new TypeError('"authToken" is missing: give it, or set TWILIO_AUTH_TOKEN')
  return token
}

async function readStream(request: MiddlewareRequest, claimed: Claimed): Promise<Uint8Array | Rejected> {
  // Not destroyed where reading ends early: the answer still has to go out on the connection.
  return readBody(request.iterator?.({ destroyOnReturn: false }), claimed.header, maxBodyBytes)
}

/** Leaves what a parser would have left, and the mark by which body-parser sees that the stream was read. */
function setBody(request: MiddlewareRequest, params: Pairs, bytes: Uint8Array): void {
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(String(request.headers['content-type']))
  const body = isJson ? parseJson(bytes) : new ReceivedParams(params).toObject()
  Object.assign(request, { body, rawBody: bytes, _body: true })
}

/** What is proven need not be JSON: then it is in `rawBody` alone. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes) ?? '')
  } catch {
    return undefined
  }
}

function refuse(request: MiddlewareRequest, response: MiddlewareResponse, refusal?: Rejected): void {
  if (request.complete === false) response.setHeader?.('connection', 'close')
  const status = refusal === undefined ? 403 : refusal.status
  response.type('text/plain').status(status).send('Twilio Request Validation Failed.')
}

/** Only the developer can mend it, and a flood of requests must not be a flood of lines. */
function createTeller(): () => void {
  let told = false
  return () => {
    if (told) return
    told = true
    // biome-ignore lint/suspicious/noConsole: nothing else would tell why
    console.error(
      'tollgate: webhook() refused a request whose body a parser had read and not kept. Give the parser { verify: captureRawBody } of tollgate/express, or put webhook() before it.',
    )
  }
}
