import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import { checkHandler, createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import * as node from './shared/node.ts'
import { respellQuery } from './shared/query-spellings.ts'
import * as web from './shared/web.ts'

/** The options of `twilioWebhook` and `twilioWebhookApi`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S>

/**
 * A handler for verified webhooks in the App Router. It also gets the request and the context.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param request The request. Its body can still be read.
 * @param context The context of the route, with `params` if the path has segments.
 */
export type WebhookHandler<S extends WebhookSource, R extends Request, Context> = (
  webhook: Webhook<S>,
  request: R,
  context: Context,
) => Response | Promise<Response>

/**
 * Wraps a route handler of the App Router:
 * `export const POST = twilioWebhook(options, (webhook, request, context) => …)`. Requests that do
 * not verify are answered. The handler runs for the others; in `observe` mode for all. It can still
 * read the request.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @param handler Gets the webhook, the request and the context of the route.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<S extends WebhookSource = 'enforce', R extends Request = Request, Context = unknown>(
  options: OptionsSource<TwilioWebhookOptions<S>> | undefined = {},
  handler: WebhookHandler<S, R, Context>,
): (request: R, context: Context) => Promise<Response> {
  const guard = createGuard(options)
  checkHandler(handler)
  return async (request, context) => {
    const segments = await listEdgeSegments(context)
    const outcome = await guard.check(() => toIncomingRequest(request, segments), request)
    if (outcome.webhook === undefined) return web.toResponse(outcome.answer)
    const work = (): Response | Promise<Response> => handler(outcome.webhook as Webhook<S>, request, context)
    return web.runWork(outcome, work, (response) => response?.status, request)
  }
}

/**
 * Next sets the URL's scheme and host itself, and writes the query in another spelling. The Edge
 * runtime keeps the `basePath`, which the Node.js runtime strips.
 * @throws TypeError for a route that can verify no request.
 */
function toIncomingRequest(request: EitherRequest, edgeSegments: readonly string[]): IncomingRequest {
  if (edgeSegments.length > 0)
    throw new TypeError(
      `On the Edge runtime, Next adds the dynamic segment "${edgeSegments[0]}" to the query, so no signature can match: remove \`export const runtime = 'edge'\` from the file of the route`,
    )
  const { method, headers, body } = web.toIncomingRequest(request)
  const target = request.url.replace(/^[^:/]+:\/\/[^/?#]*/, '')
  // Stripped twice, the signature of `/base/sms` would run the route of `/base/base/sms`.
  const basePath = ('EdgeRuntime' in globalThis && request.nextUrl?.basePath) || ''
  const url = target.startsWith(`${basePath}/`) ? target.slice(basePath.length) : target
  return { method, url, headers, body, urlIsNormalized: respellQuery }
}

/** A NextRequest, or a plain Request of a test. */
type EitherRequest = Request & { readonly nextUrl?: { readonly basePath?: string } }

/** Lists the dynamic segments of a route on the Edge runtime, which has a global of this name. */
async function listEdgeSegments(context: unknown): Promise<readonly string[]> {
  if (!('EdgeRuntime' in globalThis)) return []
  const { params }: { readonly params?: unknown } = Object(context)
  return Object.keys(Object(await params))
}

/**
 * A handler for verified webhooks in the Pages Router. It also gets the request and the response.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param req The `NextApiRequest`. Its body has been read: take it from the webhook.
 * @param res The handler sends the answer. Its status confirms or releases a replay reservation.
 */
export type ApiHandler<S extends WebhookSource, Req extends IncomingMessage, Res extends ServerResponse> = (
  webhook: Webhook<S>,
  req: Req,
  res: Res,
) => unknown

/**
 * Wraps an API route of the Pages Router:
 * `export default twilioWebhookApi(options, (webhook, req, res) => …)`. The file of the route must
 * also have `export const config = { api: { bodyParser: false } }`.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @param handler Gets the webhook, the request and the response.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhookApi<
  S extends WebhookSource = 'enforce',
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
>(
  options: OptionsSource<TwilioWebhookOptions<S>> | undefined = {},
  handler: ApiHandler<S, Req, Res>,
): (req: Req, res: Res) => Promise<void> {
  const guard = createGuard(options)
  checkHandler(handler)
  return async (req, res) => {
    const read = (): IncomingRequest => ({
      ...node.toIncomingRequest(req, req.url, findBody(req)),
      urlIsNormalized: respellQuery,
    })
    const outcome = await guard.check(read, req)
    if (outcome.webhook === undefined) return node.sendAnswer(req, res, outcome.answer)
    node.settleWhenAnswered(res, outcome)
    // Next answers if it throws.
    await handler(outcome.webhook as Webhook<S>, req, res)
  }
}

/**
 * Finds the body of an API route. A parsed body is refused, because even for a form it may differ
 * from what was signed.
 */
function findBody(req: IncomingMessage & { readonly body?: unknown }): IncomingRequest['body'] {
  const { body, headers } = req
  const isSent =
    req.readableDidRead || (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined
  // If there is no body, the parser leaves an empty string or object.
  const isParsed = body !== undefined && (isSent || Object.keys(Object(body)).length > 0)
  if (isParsed) return consumed
  return body === undefined ? node.findBody(req, [], consumed) : undefined
}

const consumed: BodyConsumed = {
  consumedBy: "Next's body parser",
  fix: 'Put `export const config = { api: { bodyParser: false } }` into the file of the API route.',
}
