import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import type { Accepted, BodyConsumed, IncomingRequest, Mode, Observed } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { findBody, releaseOnFailure, toIncomingRequest } from './shared/node.ts'
import { createPathGuard, dropSegments, type PathOptions } from './shared/path-guard.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The webhook, behind `twilioWebhook`. In `observe` mode look at `ok` first. */
    twilio: Accepted | Observed
  }
}

export type FastifyOptions = OptionsFor<Mode> & PathOptions

/**
 * The plugin with its options inside: `scope.register(twilioWebhook(() => options))`. A function that is given to `register` itself
 * is called by Fastify when the plugin loads; this one at the first request.
 */
export function twilioWebhook(options: OptionsSource<FastifyOptions>): FastifyPluginCallback
/**
 * A plugin for Fastify 5 that guards the scope it is registered in: `scope.register(twilioWebhook, options)`. What does not verify
 * is answered before any body parser; the webhook is in `request.twilio`.
 */
export function twilioWebhook(scope: FastifyInstance, options: FastifyOptions, done: (error?: Error) => void): void
export function twilioWebhook(
  first: FastifyInstance | OptionsSource<FastifyOptions>,
  options?: FastifyOptions,
  done?: (error?: Error) => void,
): FastifyPluginCallback | undefined {
  if (done === undefined) return makePlugin(first as OptionsSource<FastifyOptions>)
  load(first as FastifyInstance, options ?? {}, done)
  return undefined
}

// What the package fastify-plugin does: the hook belongs to the scope that registers it, not to a new one below it.
const marks = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'tollgate',
  [Symbol.for('plugin-meta')]: { fastify: '5.x', name: 'tollgate' },
}
Object.assign(twilioWebhook, marks)

function makePlugin(source: OptionsSource<FastifyOptions>): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (scope, _options, done) => load(scope, source, done)
  return Object.assign(plugin, marks)
}

/** What a plugin throws, Fastify does not pass to `ready()`; what it gives to `done`, it does. */
function load(scope: FastifyInstance, source: OptionsSource<FastifyOptions>, done: (error?: Error) => void): void {
  try {
    guardScope(scope, source)
    done()
  } catch (error) {
    done(error as Error)
  }
}

// A pattern, since Fastify takes one beside a parser for the name itself: @fastify/formbody may come before us, or after.
const forms = /^application\/x-www-form-urlencoded\b/i

function guardScope(scope: FastifyInstance, source: OptionsSource<FastifyOptions>): void {
  const paths = createPathGuard(source)
  const guard = createGuard(paths.verifierOptions)
  if (!scope.hasRequestDecorator('twilio')) scope.decorateRequest('twilio')
  if (!scope.hasContentTypeParser(forms)) scope.addContentTypeParser(forms, parseForm)
  // With a callback: after an async hook Fastify may go on, as soon as the connection of a refused request is gone.
  scope.addHook('preParsing', (request, reply, _payload, proceed) => {
    const target = request.originalUrl
    if (!paths.guards([target, request.url, cutPrefix(target, scope.prefix)])) return proceed()
    const read = (): IncomingRequest =>
      toIncomingRequest(request.raw, target, findBody(request.raw, listSources(request), consumed))
    guard
      .check(read, request)
      .then((outcome) => {
        if (outcome.webhook === undefined) return refuse(request, reply, outcome.answer)
        releaseOnFailure(reply.raw, outcome)
        request.twilio = outcome.webhook
        return proceed(null, toPayload(outcome.webhook))
      })
      .catch((error: Error) => proceed(error))
  })
}

/** The path below the scope's prefix, however that was spelled. */
function cutPrefix(target: string, prefix: string): string {
  return dropSegments(target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, ''), prefix.split('/').filter(Boolean).length)
}

/** Where another guard or the host (Cloud Functions) may have kept the body. */
function listSources(request: FastifyRequest): readonly unknown[] {
  const guarded = request.twilio as Accepted | Observed | undefined
  const raw: IncomingMessage & { rawBody?: unknown; body?: unknown } = request.raw
  return [guarded?.body, raw.rawBody, raw.body]
}

const consumed: BodyConsumed = {
  consumedBy: 'something that ran before twilioWebhook',
  fix: 'Register twilioWebhook before the plugin whose onRequest or preParsing hook reads the body.',
}

/** The bytes that were verified, for parsers that read them, as ours does not. (`Readable.from` would take promises and an iterator.) */
function toPayload(webhook: Accepted | Observed): Readable {
  return new Readable({
    read() {
      this.push(Buffer.from(webhook.body))
      this.push(null)
    },
  })
}

type Done = (error: Error | null, body?: unknown) => void

function parseForm(request: FastifyRequest, _payload: IncomingMessage, done: Done): void {
  const webhook = request.twilio as Accepted | Observed | undefined
  if (webhook !== undefined) done(null, webhook.params.toObject())
  // Not guarded by `paths`: Fastify alone has no parser for forms.
  else done(Object.assign(new Error('Unsupported Media Type'), { statusCode: 415 }))
}

function refuse(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: FullAnswer): void {
  // What is left of a body that was refused is not worth reading for the sake of the connection.
  if (!request.raw.complete) reply.header('connection', 'close')
  reply.code(status).headers(headers).send(body)
}
