import type { Mode, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { releaseOnFailure, toIncomingRequest } from './shared/web.ts'

/** What is read of the `HttpRequest` of `@azure/functions` 4. */
export interface AzureRequest {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
  readonly body: unknown
  readonly bodyUsed: boolean
  clone(): AzureRequest
}

/** An `HttpResponseInit` of `@azure/functions`. */
export interface AzureAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export type WebhookHandler<M extends Mode, AnyRequest, Context, Result> = (
  webhook: Webhook<M>,
  request: AnyRequest,
  context: Context,
) => Result | Promise<Result>

/**
 * Wraps a handler into one for `app.http()` of the programming model v4. The handler runs for requests that verify (in `observe`
 * mode for all), and can still read the body of the request.
 */
export function twilioWebhook<
  M extends Mode = 'enforce',
  AnyRequest extends AzureRequest = AzureRequest,
  Context = unknown,
  Result = unknown,
>(
  options: OptionsSource<OptionsFor<M>>,
  handler: WebhookHandler<M, AnyRequest, Context, Result>,
): (request: AnyRequest, context: Context) => Promise<Result | AzureAnswer> {
  const guard = createGuard(options)
  return async (request, context) => {
    // Azure's class has of a web Request what is read of it.
    const outcome = await guard.check(() => toIncomingRequest(request as unknown as Request), request)
    if (outcome.webhook === undefined) {
      const { status, headers, body } = outcome.answer
      return { status, headers: { ...headers }, body }
    }
    const { webhook } = outcome
    return releaseOnFailure(
      outcome,
      () => handler(webhook as Webhook<M>, request, context),
      (result) => Object(result).status,
    )
  }
}
