import type { Context, Middleware } from 'koa'
import type { BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { FullAnswer } from './shared/answer.ts'
import { createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import {
  type BodyHolder,
  findBody,
  isUnset,
  listHeaders,
  parseBody,
  settleWhenAnswered,
  toIncomingRequest,
} from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'
import { findTarget } from './shared/routed.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & PathOptions

/** The part of `ctx.state` that `twilioWebhook` sets. */
export interface TwilioState<S extends WebhookSource = 'enforce'> {
  /** The webhook. In `observe` mode check `ok` first. */
  twilio: Webhook<S>
}

/**
 * Creates middleware for Koa 2 and 3. Requests that do not verify are answered, and no later
 * middleware runs. The webhook is in `ctx.state.twilio`. If no parser has read the body,
 * `ctx.request.body` gets the parameters or the JSON value.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>> = {},
): Middleware<TwilioState<S>> {
  const paths = createPathGuard(options)
  const guard = createGuard(paths.verifierOptions)
  return async (ctx, next) => {
    const request: Context['request'] & { body?: unknown } = ctx.request
    // Koa makes `ctx.href` and `ctx.URL` of the host.
    const { host, ':authority': authority } = ctx.req.headers
    const target = findTarget(ctx.originalUrl, [ctx.host, host, authority].join())
    if (!paths.guards(target, () => [ctx.url])) return next()
    const read = (): IncomingRequest => toIncomingRequest(ctx.req, target, findKoaBody(ctx))
    const isUnread = ctx.req.readableEnded === false
    const outcome = await guard.check(read, ctx)
    if (outcome.webhook === undefined) return answer(ctx, outcome.answer)
    const { webhook } = outcome
    settleWhenAnswered(ctx.res, outcome)
    ctx.state.twilio = webhook as Webhook<S>
    // Koa's parsers skip a body that is set, even if it is null.
    if (isUnset(request.body, isUnread && ctx.req.readableEnded))
      request.body = parseBody(ctx.req, webhook) ?? request.body ?? null
    return next()
  }
}

/** Koa's parsers leave the body in `ctx.request`, and hosts leave it in `ctx.req`. */
function findKoaBody({ req, request, state }: Context): IncomingRequest['body'] {
  return findBody(req, [request as BodyHolder, req as BodyHolder], consumed, state.twilio)
}

const consumed: BodyConsumed = {
  consumedBy: 'a body parser that ran before twilioWebhook',
  fix: 'Give koaBody { includeUnparsed: true }, or use koa-bodyparser or @koa/bodyparser, which keep ctx.request.rawBody.',
  isParser: true,
}

function answer(ctx: Context, full: FullAnswer): void {
  ctx.status = full.status
  ctx.body = full.body
  ctx.set(listHeaders(ctx.req, full))
}
