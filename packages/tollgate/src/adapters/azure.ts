import type { Webhook, WebhookSource } from '../index.ts'
import { checkHandler, createGuard, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { runWork, toIncomingRequest } from './shared/web.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S>

/** The part of the `HttpRequest` of `@azure/functions` 4 that is read. */
export interface AzureRequest {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
  readonly body: unknown
  readonly bodyUsed: boolean
  clone(): AzureRequest
}

/** A rejection, as an `HttpResponseInit` of `@azure/functions`. */
export interface AzureAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * A handler for verified webhooks. It also gets the request and the invocation context.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param request The `HttpRequest`. Its body can still be read.
 * @param context The `InvocationContext`.
 */
export type WebhookHandler<S extends WebhookSource, AnyRequest, Context, Result> = (
  webhook: Webhook<S>,
  request: AnyRequest,
  context: Context,
) => Result | Promise<Result>

/**
 * Wraps a handler into one for `app.http()` of the programming model v4. Requests that do not
 * verify are answered. The handler runs for the others; in `observe` mode for all. It can still
 * read the body of the request.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @param handler Gets the webhook, the request and the context.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<
  S extends WebhookSource = 'enforce',
  AnyRequest extends AzureRequest = AzureRequest,
  Context = unknown,
  Result = unknown,
>(
  options: OptionsSource<TwilioWebhookOptions<S>> | undefined = {},
  handler: WebhookHandler<S, AnyRequest, Context, Result>,
): (request: AnyRequest, context: Context) => Promise<Result | AzureAnswer> {
  const guard = createGuard(options)
  checkHandler(handler)
  return async (request, context) => {
    // Azure's class has every part of a web Request that is read.
    const outcome = await guard.check(() => toIncomingRequest(request as unknown as Request), request)
    if (outcome.webhook === undefined) {
      const { status, headers, body } = outcome.answer
      return { status, headers: { ...headers }, body }
    }
    const { webhook } = outcome
    return runWork(
      outcome,
      () => handler(webhook as Webhook<S>, request, context),
      (result) => Object(result).status,
    )
  }
}
