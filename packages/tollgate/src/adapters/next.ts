import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyConsumed, IncomingRequest, Mode, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import * as node from './shared/node.ts'
import { respellQuery } from './shared/query-spellings.ts'
import * as web from './shared/web.ts'

export type WebhookHandler<M extends Mode, R extends Request, Context> = (
  webhook: Webhook<M>,
  request: R,
  context: Context,
) => Response | Promise<Response>

/**
 * Wraps a route handler of the App Router: `export const POST = twilioWebhook(options, (webhook, request, context) => …)`. The
 * webhook is the first argument; the request can still be read.
 */
export function twilioWebhook<M extends Mode = 'enforce', R extends Request = Request, Context = unknown>(
  options: OptionsSource<OptionsFor<M>>,
  handler: WebhookHandler<M, R, Context>,
): (request: R, context: Context) => Promise<Response> {
  const guard = createGuard(options)
  return async (request, context) => {
    const outcome = await guard.check(() => toIncomingRequest(request), request)
    if (outcome.webhook === undefined) return web.toResponse(outcome.answer)
    const work = (): Response | Promise<Response> => handler(outcome.webhook as Webhook<M>, request, context)
    return web.releaseUnlessAnswered(outcome, request, work, (response) => response?.status)
  }
}

/** Next makes up the URL's scheme and host, and spells the query anew. */
function toIncomingRequest(request: Request): IncomingRequest {
  const { method, headers, body } = web.toIncomingRequest(request)
  return { method, url: request.url.replace(/^[^:/]+:\/\/[^/?#]*/, ''), headers, body, urlIsNormalized: respellQuery }
}

export type ApiHandler<M extends Mode, Req extends IncomingMessage, Res extends ServerResponse> = (
  webhook: Webhook<M>,
  req: Req,
  res: Res,
) => unknown

/**
 * Wraps an API route of the Pages Router: `export default twilioWebhookApi(options, (webhook, req, res) => …)`. Its file has to
 * have `export const config = { api: { bodyParser: false } }` too.
 */
export function twilioWebhookApi<
  M extends Mode = 'enforce',
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
>(options: OptionsSource<OptionsFor<M>>, handler: ApiHandler<M, Req, Res>): (req: Req, res: Res) => Promise<void> {
  const guard = createGuard(options)
  return async (req, res) => {
    const read = (): IncomingRequest => ({
      ...node.toIncomingRequest(req, req.url, findBody(req)),
      urlIsNormalized: true,
    })
    const outcome = await guard.check(read, req)
    if (outcome.webhook === undefined) return node.sendAnswer(req, res, outcome.answer)
    node.releaseOnFailure(res, outcome)
    // What it throws is Next's to answer.
    await handler(outcome.webhook as Webhook<M>, req, res)
  }
}

/** Nothing is put together again from what a parser made of a body: not even for a form would that be what was signed. */
function findBody(req: IncomingMessage & { readonly body?: unknown }): IncomingRequest['body'] {
  const { body, headers } = req
  const isSent =
    req.readableDidRead || (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined
  // Without a body the parser leaves an empty string or object.
  const isParsed = body !== undefined && (isSent || Object.keys(Object(body)).length > 0)
  if (isParsed) return consumed
  return body === undefined ? node.findBody(req, [], consumed) : undefined
}

const consumed: BodyConsumed = {
  consumedBy: "Next's body parser",
  fix: 'Put `export const config = { api: { bodyParser: false } }` into the file of the API route.',
}
