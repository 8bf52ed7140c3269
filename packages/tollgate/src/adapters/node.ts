import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyConsumed, Mode, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { logHandlerError } from './shared/log.ts'
import { findBody, releaseOnFailure, sendAnswer, toIncomingRequest } from './shared/node.ts'

export type WebhookHandler<M extends Mode = 'enforce'> = (
  webhook: Webhook<M>,
  req: IncomingMessage,
  res: ServerResponse,
) => unknown

/**
 * Wraps a handler into a request listener for `node:http`, `node:https` and `node:http2`. The handler runs for requests that
 * verify (in `observe` mode for all); what it throws is logged and answers 500.
 */
export function twilioWebhook<M extends Mode = 'enforce'>(
  options: OptionsSource<OptionsFor<M>>,
  handler: WebhookHandler<M>,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const guard = createGuard(options)
  return async (req, res) => {
    const outcome = await guard.check(() => toIncomingRequest(req, req.url, findBody(req, [], consumed)), req)
    if (outcome.webhook === undefined) return sendAnswer(req, res, outcome.answer)
    releaseOnFailure(res, outcome)
    try {
      await handler(outcome.webhook as Webhook<M>, req, res)
    } catch (error) {
      logHandlerError(error)
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
