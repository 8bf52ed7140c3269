import type { Accepted, Mode, Observed, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { type LambdaAnswer, type LambdaEvent, toIncomingRequest, toLambdaAnswer } from './shared/lambda-event.ts'

export type { LambdaAnswer, LambdaEvent }

export type WebhookHandler<M extends Mode, Event, Context, Result> = (
  webhook: Webhook<M>,
  event: Event,
  context: Context,
) => Result | Promise<Result>

/**
 * Wraps a handler into a Lambda handler, for REST and HTTP APIs of API Gateway, Function URLs and Application Load Balancers.
 * The handler runs for requests that verify (in `observe` mode for all); what it throws goes to Lambda.
 */
export function twilioWebhook<
  M extends Mode = 'enforce',
  Event extends LambdaEvent = LambdaEvent,
  Context = unknown,
  Result = unknown,
>(
  options: OptionsSource<OptionsFor<M>>,
  handler: WebhookHandler<M, Event, Context, Result>,
): (event: Event, context: Context) => Promise<Result | LambdaAnswer> {
  const guard = createGuard(options)
  return async (event, context) => {
    const outcome = await guard.check(() => toIncomingRequest(event), event)
    if (outcome.webhook === undefined) return toLambdaAnswer(outcome.answer, event)
    const { webhook } = outcome
    let result: Result
    try {
      result = await handler(webhook as Webhook<M>, event, context)
    } catch (error) {
      await release(webhook)
      throw error
    }
    if (isFailure(result)) await release(webhook)
    return result
  }
}

/** What Middy passes from one middleware to the next. */
export interface MiddyRequest<M extends Mode = 'enforce'> {
  event: LambdaEvent & { twilio: Webhook<M> }
  response?: unknown
}

export interface TwilioMiddleware<M extends Mode = 'enforce'> {
  before(request: MiddyRequest<M>): Promise<LambdaAnswer | undefined>
  after(request: MiddyRequest<M>): Promise<void>
  onError(request: MiddyRequest<M>): Promise<void>
}

/**
 * The same as a middleware of Middy: what does not verify is answered and goes no further, the webhook is in `event.twilio`. It
 * goes before the middleware that parses bodies.
 */
export function twilioWebhookMiddy<M extends Mode = 'enforce'>(
  options: OptionsSource<OptionsFor<M>>,
): TwilioMiddleware<M> {
  const guard = createGuard(options)
  // Kept beside the event, which the application may change.
  const pending = new WeakMap<object, Accepted | Observed>()
  const releaseOnFailure = async ({ event, response }: MiddyRequest<M>, failed: boolean): Promise<void> => {
    const webhook = pending.get(event)
    if (webhook === undefined || !(failed || isFailure(response))) return
    pending.delete(event)
    await release(webhook)
  }
  return {
    async before({ event }) {
      const outcome = await guard.check(() => toIncomingRequest(event), event)
      if (outcome.webhook === undefined) return toLambdaAnswer(outcome.answer, event)
      event.twilio = outcome.webhook as Webhook<M>
      pending.set(event, outcome.webhook)
      return undefined
    },
    after: (request) => releaseOnFailure(request, false),
    onError: (request) => releaseOnFailure(request, true),
  }
}

/** 401 (Twilio repeats with credentials) or 5xx. */
function isFailure(result: unknown): boolean {
  const status = Number(Object(result).statusCode)
  return status === 401 || status >= 500
}

/** Awaited, since Lambda stops the process as soon as it has the answer. */
async function release(webhook: Accepted | Observed): Promise<void> {
  if (webhook.ok) await webhook.release().catch(() => undefined)
}
