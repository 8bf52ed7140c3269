import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import type { Accepted, BodyConsumed, Mode, Observed, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { findBody, releaseOnFailure, sendAnswer, toIncomingRequest } from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'

declare global {
  namespace Express {
    interface Request {
      /** The webhook, behind `twilioWebhook()`. In `observe` mode look at `ok` first. */
      twilio: Accepted | Observed
    }
  }
}

export type ExpressOptions<M extends Mode = Mode> = OptionsFor<M> & PathOptions

export type WebhookHandler<M extends Mode = 'enforce'> = (
  webhook: Webhook<M>,
  req: Request,
  res: Response,
  next: (error?: unknown) => void,
) => unknown

export type GuardedHandler = (req: Request, res: Response, next?: (error?: unknown) => void) => Promise<void>

/**
 * Middleware for Express 4 and 5: what does not verify is answered and goes no further. The webhook is in `req.twilio`; where the
 * body had not been read, its parameters (or its JSON) are in `req.body` too.
 */
export function twilioWebhook(options: OptionsSource<ExpressOptions>): RequestHandler
/** The same with a handler, for platforms without a middleware chain, such as Cloud Functions: there `next` may be missing. */
export function twilioWebhook<M extends Mode = 'enforce'>(
  options: OptionsSource<ExpressOptions<M>>,
  handler: WebhookHandler<M>,
): GuardedHandler
export function twilioWebhook<M extends Mode>(
  options: OptionsSource<ExpressOptions<M>>,
  handler?: WebhookHandler<M>,
): GuardedHandler {
  const paths = createPathGuard(options)
  const guard = createGuard(paths.verifierOptions)
  return async (req, res, next = rethrow) => {
    if (!paths.guards([req.originalUrl, req.url], undefined)) return next()
    const outcome = await guard.check(
      () => toIncomingRequest(req, req.originalUrl, findBody(req, listSources(req), consumed)),
      req,
    )
    if (outcome.webhook === undefined) return sendAnswer(req, res, outcome.answer)
    const { webhook } = outcome
    releaseOnFailure(res, outcome)
    req.twilio = webhook
    if (req.body === undefined) setBody(req, webhook)
    if (handler === undefined) return next()
    try {
      await handler(webhook as Webhook<M>, req, res, next)
    } catch (error) {
      next(error) // An Express 4 app ignores a rejected promise.
    }
  }
}

function rethrow(error?: unknown): void {
  if (error !== undefined) throw error
}

/** For a parser that must run before: `express.urlencoded({ extended: true, verify: captureRawBody })`. */
export function captureRawBody(req: IncomingMessage, _res: ServerResponse, body: Uint8Array): void {
  Object.assign(req, { rawBody: body })
}

type ParsedRequest = Request & { rawBody?: unknown; _body?: boolean }

/** Where another guard, a parser or the host may have kept the body. */
function listSources(req: ParsedRequest): readonly unknown[] {
  const guarded = req.twilio as Accepted | Observed | undefined
  return [guarded?.body, req.rawBody, req.body]
}

const consumed: BodyConsumed = {
  consumedBy: 'a body parser that ran before twilioWebhook',
  fix: 'Put twilioWebhook before the body parser, or give the parser { verify: captureRawBody } of tollgate/express.',
}

function setBody(req: ParsedRequest, webhook: Accepted | Observed): void {
  req.body = readParsed(req, webhook)
  // For what verifies once more behind this. Of a form it would have to be made, and can be told from the parameters.
  if (webhook.ok && webhook.covers === 'body') req.rawBody = webhook.body
  // How body-parser marks a body as read: without it, Express 4 would wait for a stream that has ended.
  req._body = true
}

function readParsed(req: Request, webhook: Accepted | Observed): unknown {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(req.headers['content-type'] ?? '')) return webhook.params.toObject()
  try {
    return webhook.json()
  } catch {
    return undefined
  }
}
