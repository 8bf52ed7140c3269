import type { Context, Middleware } from 'koa'
import type { Accepted, BodyConsumed, IncomingRequest, Mode, Observed, Webhook } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { findBody, releaseOnFailure, toIncomingRequest } from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'

export type KoaOptions<M extends Mode = Mode> = OptionsFor<M> & PathOptions

/** What `ctx.state` holds behind `twilioWebhook`. */
export interface TwilioState<M extends Mode = 'enforce'> {
  twilio: Webhook<M>
}

/**
 * Middleware for Koa 2 and 3: what does not verify is answered and goes no further. The webhook is in `ctx.state.twilio`; where no
 * parser came before, its parameters (or its JSON) are in `ctx.request.body` too.
 */
export function twilioWebhook<M extends Mode = 'enforce'>(
  options: OptionsSource<KoaOptions<M>>,
): Middleware<TwilioState<M>> {
  const paths = createPathGuard(options)
  const guard = createGuard(paths.verifierOptions)
  return async (ctx, next) => {
    const request: ParsedRequest = ctx.request
    if (!paths.guards([ctx.originalUrl, ctx.url])) return next()
    const read = (): IncomingRequest =>
      toIncomingRequest(ctx.req, ctx.originalUrl, findBody(ctx.req, listSources(request), consumed))
    const outcome = await guard.check(read, ctx)
    if (outcome.webhook === undefined) return answer(ctx, outcome.answer)
    const { webhook } = outcome
    releaseOnFailure(ctx.res, outcome)
    ctx.state.twilio = webhook as Webhook<M>
    // The parsers of Koa leave a body alone that is there.
    if (request.body === undefined) request.body = readParsed(request, webhook)
    return next()
  }
}

type ParsedRequest = Context['request'] & { body?: unknown; rawBody?: unknown }

/** Where a parser, another guard or the host may have kept the body. */
function listSources(request: ParsedRequest): readonly unknown[] {
  const { state } = request.ctx
  const host: typeof request.req & { rawBody?: unknown; body?: unknown } = request.req
  const guarded: Accepted | Observed | undefined = state.twilio
  return [guarded?.body, request.rawBody, host.rawBody, request.body, host.body]
}

const consumed: BodyConsumed = {
  consumedBy: 'a body parser that ran before twilioWebhook',
  fix: 'Put twilioWebhook before the body parser, or use koa-bodyparser or @koa/bodyparser, which keep ctx.request.rawBody.',
}

function readParsed(request: ParsedRequest, webhook: Accepted | Observed): unknown {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) return webhook.params.toObject()
  try {
    return webhook.json()
  } catch {
    return null
  }
}

function answer(ctx: Context, { status, headers, body }: FullAnswer): void {
  ctx.status = status
  ctx.body = body
  ctx.set(headers)
  // What is left of a body that was refused is not worth reading for the sake of the connection.
  if (!ctx.req.complete) ctx.set('connection', 'close')
}
