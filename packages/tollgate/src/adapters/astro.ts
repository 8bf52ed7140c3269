import type { WebhookSource } from '../index.ts'
import {
  attempt,
  type RequestEvent,
  readClientAddress,
  type Surroundings,
  type WebhookHandler,
  wrapEndpoint,
} from './shared/event.ts'
import type { GuardOptions, OptionsSource } from './shared/guard.ts'
import type { WebSocketOptions } from './shared/web-socket.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & WebSocketOptions

/** The part of Astro's APIContext that is used. */
export interface AstroContext extends RequestEvent {
  readonly locals?: unknown
  readonly clientAddress?: string
}

/**
 * Wraps a handler into an endpoint of Astro 5 to 7. Requests that do not verify are answered. The
 * handler runs for the others; in `observe` mode for all.
 *
 * Set `security.checkOrigin` to false. Otherwise Astro refuses form posts without an Origin, and
 * Twilio's have none.
 * @param options Options (default: all from the environment), or a function that returns them at
 *   the first request. On Cloudflare the function gets `env`.
 * @param handler Gets the webhook and Astro's context.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<
  S extends WebhookSource = 'enforce',
  Context extends AstroContext = AstroContext,
  Env = unknown,
>(
  options: OptionsSource<TwilioWebhookOptions<S>, Env> | undefined = {},
  handler: WebhookHandler<S, Context>,
): (context: Context) => Promise<Response> {
  return wrapEndpoint(options, handler, look)
}

function look(context: AstroContext): Surroundings {
  return {
    // In newer versions of Cloudflare's adapter, `runtime` throws.
    env: attempt(() => (context.locals as Locals | undefined)?.runtime?.env),
    connection: readClientAddress(context.request.headers, () => context.clientAddress),
  }
}

interface Locals {
  readonly runtime?: { readonly env?: unknown }
}
