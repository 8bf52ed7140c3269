import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { BodyConsumed, Webhook, WebhookSource } from '../index.ts'
import { checkHandler, createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { findBody, sendAnswer, settleWhenAnswered, toIncomingRequest } from './shared/node.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S>

/**
 * A handler for verified webhooks. It also gets the request and the response. Behind `node:http2`
 * these are its `Http2ServerRequest` and `Http2ServerResponse`, which are nearly the same.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param req The request. Its body has been read: take it from the webhook.
 * @param res The handler sends the answer. Its status confirms or releases a replay reservation.
 */
export type WebhookHandler<S extends WebhookSource = 'enforce'> = (
  webhook: Webhook<S>,
  req: IncomingMessage,
  res: ServerResponse,
) => unknown

/**
 * Wraps a handler into a request listener for `node:http`, `node:https` and `node:http2`. Requests
 * that do not verify are answered. The handler runs for the others; in `observe` mode for all. If
 * it throws, the error is logged and the answer is 500.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @param handler Gets the webhook, the request and the response.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>> | undefined = {},
  handler: WebhookHandler<S>,
): (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse) => Promise<void> {
  const guard = createGuard(options)
  checkHandler(handler)
  return async (request, response) => {
    // The classes of HTTP/2 have all that is used here.
    const [req, res] = [request as IncomingMessage, response as ServerResponse]
    const outcome = await guard.check(() => toIncomingRequest(req, req.url, findBody(req, [], consumed)), req)
    if (outcome.webhook === undefined) return sendAnswer(req, res, outcome.answer)
    settleWhenAnswered(res, outcome)
    try {
      await handler(outcome.webhook as Webhook<S>, req, res)
    } catch (error) {
      // biome-ignore lint/suspicious/noConsole: there is no framework that logs it
      console.error(error)
      if (res.headersSent) res.destroy()
      else
        sendAnswer(req, res, { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' })
    }
  }
}

const consumed: BodyConsumed = {
  consumedBy: 'something that ran before twilioWebhook',
  fix: 'Let twilioWebhook be the first to read the request.',
}
