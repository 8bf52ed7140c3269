import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import type { AnyWebhook, BodyConsumed, IncomingRequest, WebhookSource } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { type BodyHolder, findBody, listHeaders, settleWhenAnswered, toIncomingRequest } from './shared/node.ts'
import { watchChunks } from './shared/node-view.ts'
import { createPathGuard, dropSegments, type PathOptions } from './shared/path-guard.ts'
import { findTarget } from './shared/routed.ts'
import { refuseVersion } from './shared/version.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The webhook, after `twilioWebhook()`; `undefined` on a route without it. `readWebhook` types
     * it. In `observe` mode check `ok` first.
     */
    twilio?: AnyWebhook
  }
}

export { readWebhook } from './shared/read-webhook.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & PathOptions

/**
 * Creates a plugin that has its options inside: `scope.register(twilioWebhook(() => options))`.
 * Fastify calls a function that `register` gets when the plugin loads. This one is called at the
 * first request.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 */
export function twilioWebhook(options?: OptionsSource<TwilioWebhookOptions>): FastifyPluginCallback
/**
 * A plugin for Fastify 5 that guards the scope where it is registered:
 * `scope.register(twilioWebhook, options)`. Requests that do not verify are answered before a body
 * parser runs. The webhook is in `request.twilio`. If an option is wrong, Fastify does not start:
 * `ready()` rejects with a TypeError or RangeError that names it, and with an older Fastify as
 * well.
 * @param scope The scope to guard: its routes and those of the scopes below it.
 * @param options The options that `register` got.
 * @param done Fastify's callback. It gets the error of a wrong option.
 */
export function twilioWebhook(
  scope: FastifyInstance,
  options: TwilioWebhookOptions,
  done: (error?: Error) => void,
): void
export function twilioWebhook(
  first: FastifyInstance | OptionsSource<TwilioWebhookOptions> = {},
  options?: TwilioWebhookOptions,
  done?: (error?: Error) => void,
): FastifyPluginCallback | undefined {
  if (done === undefined) return createPlugin(first as OptionsSource<TwilioWebhookOptions>)
  load(first as FastifyInstance, options ?? {}, done)
  return undefined
}

// The package fastify-plugin does the same. The hook then belongs to the scope that registers it,
// not to a new one below it.
const marks = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'tollgate',
  [Symbol.for('plugin-meta')]: { name: 'tollgate' },
}
Object.assign(twilioWebhook, marks)

function createPlugin(source: OptionsSource<TwilioWebhookOptions>): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (scope, _options, done) => load(scope, source, done)
  return Object.assign(plugin, marks)
}

/**
 * Passes an error to `done`. Fastify then gives it to `ready()`, unlike an exception of a plugin.
 */
function load(
  scope: FastifyInstance,
  source: OptionsSource<TwilioWebhookOptions>,
  done: (error?: Error) => void,
): void {
  try {
    guardScope(scope, source)
    done()
  } catch (error) {
    done(error as Error)
  }
}

// Fastify accepts a pattern beside a parser for the exact type. So @fastify/formbody may be
// registered before or after this plugin. The same holds for @fastify/multipart.
const forms = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b(?!.*;\s*tollgate=)/i

// Fastify chooses a parser by the content type alone. A form whose path is not guarded gets this
// parameter until it is parsed, so that `forms` does not match it. Then Fastify chooses as it would
// without this plugin, for example the application's own parser for '*'.
const mark = '; tollgate=unguarded'

function guardScope(scope: FastifyInstance, source: OptionsSource<TwilioWebhookOptions>): void {
  if (Number.parseInt(scope.version, 10) < 5) refuseVersion('fastify', 'Fastify 5', scope.version)
  const paths = createPathGuard(source)
  const guard = createGuard(paths.verifierOptions)
  if (!scope.hasRequestDecorator('twilio')) scope.decorateRequest('twilio')
  if (!scope.hasContentTypeParser(forms)) scope.addContentTypeParser(forms, parseForm)
  const depth = scope.prefix.split('/').filter(Boolean).length
  // This hook uses a callback. After an async hook, Fastify may run the handler of a refused
  // request whose connection is closed.
  scope.addHook('preParsing', (request, reply, _payload, proceed) => {
    const target = findTarget(request.originalUrl)
    const listUrls = (): string[] => [request.url, ...[target, request.url].map((url) => dropSegments(url, depth))]
    if (!paths.guards(target, listUrls)) {
      // Another guard of this scope may have verified it.
      if (request.twilio === undefined) markForm(request)
      return proceed()
    }
    removeMark(request)
    let length: number | undefined
    const onChunk = (chunk: Uint8Array): void => {
      length = (length ?? 0) + Buffer.byteLength(chunk)
    }
    guard
      .check(() => readRequest(request, onChunk), request)
      .then((outcome) => {
        if (outcome.webhook === undefined) return refuse(request, reply, outcome.answer)
        settleWhenAnswered(reply.raw, outcome)
        request.twilio = outcome.webhook
        return proceed(null, new VerifiedBody(outcome.webhook, outcome.isGiven ? undefined : length))
      })
      .catch((error: Error) => proceed(error))
  })
  scope.addHook('preValidation', (request, _reply, proceed) => {
    removeMark(request)
    proceed()
  })
}

function markForm({ raw: { headers } }: FastifyRequest): void {
  const type = headers['content-type']
  if (type !== undefined && forms.test(type)) headers['content-type'] = type + mark
}

function removeMark({ raw: { headers } }: FastifyRequest): void {
  const type = headers['content-type']
  if (type?.endsWith(mark)) headers['content-type'] = type.slice(0, -mark.length)
}

/** @param onChunk Gets each chunk that arrives. A body that was kept has none. */
function readRequest(
  request: FastifyRequest & { readonly ws?: unknown },
  onChunk: (chunk: Uint8Array) => void,
): IncomingRequest {
  const { raw, originalUrl, twilio, ws } = request
  const body = watchChunks(findBody(raw, [raw as BodyHolder], consumed, twilio), onChunk)
  const incoming = toIncomingRequest(raw, originalUrl, body)
  // @fastify/websocket sets `ws` for what it upgrades. The requests of its `injectWS` have it too.
  return ws === true ? { ...incoming, body: undefined, handshake: true } : incoming
}

const consumed: BodyConsumed = {
  consumedBy: 'something that ran before twilioWebhook',
  fix: 'Register twilioWebhook before the plugin whose onRequest or preParsing hook reads the body.',
}

/** The verified bytes as a stream for parsers. It is cheaper than `Readable.from`. */
class VerifiedBody extends Readable {
  readonly #webhook: AnyWebhook
  /** The number of bytes that arrived, if they were counted. */
  readonly length: number | undefined

  constructor(webhook: AnyWebhook, length: number | undefined) {
    super()
    this.#webhook = webhook
    this.length = length
  }

  override _read(): void {
    this.push(Buffer.from(this.#webhook.body))
    this.push(null)
  }
}

type Done = (error: Error | null, body?: unknown) => void

function parseForm(request: FastifyRequest, payload: IncomingMessage | VerifiedBody, done: Done): void {
  const webhook = request.twilio
  // The path is not guarded, and a hook that ran before this plugin has read `request.mediaType`,
  // which Fastify keeps. So it did not see the mark.
  if (webhook === undefined) done(makeError(415, 'Unsupported Media Type'))
  // Fastify checks its own limit only for payloads that it reads itself.
  else if (findLength(payload, webhook) > request.routeOptions.bodyLimit)
    done(makeError(413, 'Request body is too large'))
  // A scheme without parameters signs the bytes.
  else done(null, webhook.params?.toObject() ?? webhook.body)
}

/** The bytes of a form are memory outside the heap, which would cost a part of the check. */
function findLength(payload: IncomingMessage | VerifiedBody, webhook: AnyWebhook): number {
  return (payload instanceof VerifiedBody ? payload.length : undefined) ?? webhook.body.length
}

function makeError(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode })
}

function refuse(request: FastifyRequest, reply: FastifyReply, answer: FullAnswer): void {
  reply.code(answer.status).headers(listHeaders(request.raw, answer)).send(answer.body)
}
