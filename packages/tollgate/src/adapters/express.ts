import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, Response } from 'express'
import type { AnyWebhook, BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import { checkHandler, createGuard, type GuardOptions, logProblem, type OptionsSource } from './shared/guard.ts'
import {
  type BodyHolder,
  findBody,
  isUnset,
  parseBody,
  sendAnswer,
  settleWhenAnswered,
  toIncomingRequest,
} from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'
import { findTarget } from './shared/routed.ts'

declare global {
  namespace Express {
    interface Request {
      /**
       * The webhook, after `twilioWebhook()`; `undefined` on a route without it. `readWebhook`
       * types it. In `observe` mode check `ok` first.
       */
      twilio?: AnyWebhook
    }
  }
}

export { readWebhook } from './shared/read-webhook.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & PathOptions

/**
 * A handler for verified webhooks. It also gets the arguments of Express. `Params` are the
 * parameters of the route's path.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param req The request, with the webhook in `req.twilio` too.
 * @param res The handler sends the answer. Its status confirms or releases a replay reservation.
 * @param next Passes the request on, or an error to Express's error handler.
 */
export type WebhookHandler<S extends WebhookSource = 'enforce', Params = Request['params']> = (
  webhook: Webhook<S>,
  req: Request<Params>,
  res: Response,
  next: (error?: unknown) => void,
) => unknown

/**
 * A handler with the guard in front.
 * @param req The request, before anything is verified.
 * @param res Gets the rejection if the request does not verify.
 * @param next Gets what the handler throws. Without it the promise rejects.
 */
export type GuardedHandler<Params = Request['params']> = (
  req: Request<Params>,
  res: Response,
  next?: (error?: unknown) => void,
) => Promise<void>

/**
 * Creates middleware for Express 4 and 5. Requests that do not verify are answered, and no later
 * handler runs. The webhook is in `req.twilio`. If no parser has read the body, `req.body` gets the
 * parameters or the JSON value.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook(
  options?: OptionsSource<TwilioWebhookOptions>,
  // The types of node:http leave `req.params` to the route. A `RequestHandler` would give it other
  // types.
): (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => Promise<void>
/**
 * Wraps a handler, for platforms that have no middleware, such as Cloud Functions. There `next` may
 * be missing.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @param handler Runs for requests that verify, and in `observe` mode for all.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<S extends WebhookSource = 'enforce', Params = Request['params']>(
  options: OptionsSource<TwilioWebhookOptions<S>> | undefined,
  handler: WebhookHandler<S, Params>,
): GuardedHandler<Params>
export function twilioWebhook<S extends WebhookSource>(
  options: OptionsSource<TwilioWebhookOptions<S>> = {},
  handler?: WebhookHandler<S>,
): (req: Request, res: Response, next: (error?: unknown) => void) => Promise<void> {
  const paths = createPathGuard(options)
  const guard = createGuard(paths.verifierOptions)
  if (handler !== undefined) checkHandler(handler)
  return async (req, res, next = rethrow) => {
    // express-ws calls the handlers of `app.ws` with (socket, req, next), and drops their promises.
    // An exception would end the process.
    if (typeof (res as Response | undefined)?.setHeader !== 'function') {
      closeSocket(req)
      return next(new TypeError(wrongArguments))
    }
    // node:http sets none.
    if ((req.originalUrl as string | undefined) === undefined) return next(new TypeError(wrongArguments))
    const target = findTarget(req.originalUrl)
    if (!paths.guards(target, () => [req.url, `${req.baseUrl ?? ''}${req.url}`], undefined)) return next()
    const read = (): IncomingRequest =>
      toIncomingRequest(req, target, findBody(req, [req as BodyHolder], consumed, req.twilio))
    const isUnread = req.readableEnded === false
    const outcome = await guard.check(read, req)
    if (outcome.webhook === undefined) return sendAnswer(req, res, outcome.answer)
    const { webhook } = outcome
    settleWhenAnswered(res, outcome)
    req.twilio = webhook
    if (isUnset(req.body, isUnread && req.readableEnded)) setBody(req, webhook)
    if (handler === undefined) return next()
    try {
      await handler(webhook as Webhook<S>, req, res, next)
    } catch (error) {
      next(error) // An Express 4 app ignores a rejected promise.
    }
  }
}

const wrongArguments =
  'twilioWebhook of tollgate/express needs the request and response of Express. For node:http, use tollgate/node, and for a socket of express-ws, createVerifyClient of tollgate/ws'

/** Closes a socket of express-ws, which stays open after an error. It was not verified. */
function closeSocket(first: object): void {
  const { close }: { close?: unknown } = first
  if (typeof close !== 'function') return
  logProblem(`${wrongArguments}. The socket was closed`)
  close.call(first, 1011, 'This route is not set up')
}

function rethrow(error?: unknown): void {
  if (error !== undefined) throw error
}

/**
 * Keeps the bytes of a body, for a parser that runs before `twilioWebhook`:
 * `express.json({ limit: '1mb', verify: captureRawBody })`. JSON webhooks reach 1 MB, and the
 * parsers of Express stop at 100 KB by default.
 * @param req The request that gets the bytes, as `rawBody`.
 * @param _res Not used: the parser passes it.
 * @param body The bytes that arrived, decompressed if the request was compressed.
 */
export function captureRawBody(req: IncomingMessage, _res: ServerResponse, body: Uint8Array): void {
  Object.assign(req, { rawBody: body })
}

const consumed: BodyConsumed = {
  consumedBy: 'a body parser that ran before twilioWebhook',
  fix: 'Put twilioWebhook first, or give express.json or urlencoded { verify: captureRawBody } of tollgate/express.',
  isParser: true,
}

function setBody(req: Request & { rawBody?: unknown; _body?: boolean }, webhook: AnyWebhook): void {
  req.body = parseBody(req, webhook) ?? req.body
  // For a later verification of the same request. A form does not need it: its bytes would have to
  // be made, and the parameters are enough.
  if (webhook.ok && webhook.covers !== 'params') req.rawBody = webhook.body
  // body-parser's mark of a body that was read. Without it, Express 4 waits for a stream that has
  // ended.
  req._body = true
}
