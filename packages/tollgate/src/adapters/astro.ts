import type { Mode } from '../index.ts'
import {
  attempt,
  findPeerAddress,
  type RequestEvent,
  type Surroundings,
  type WebhookHandler,
  wrapEndpoint,
} from './shared/event.ts'
import type { OptionsFor, OptionsSource } from './shared/guard.ts'
import type { WebSocketOptions } from './shared/web-socket.ts'

/** What is used of Astro's APIContext. */
export interface AstroContext extends RequestEvent {
  readonly locals?: unknown
  readonly clientAddress?: string
}

/**
 * Wraps a handler into an endpoint of Astro 5 to 7. It is given the webhook, and then the context. An options function is given the
 * `env` of Cloudflare's runtime, where there is one.
 *
 * Astro refuses form posts without an Origin, which Twilio's are, until `security.checkOrigin` is false.
 */
export function twilioWebhook<M extends Mode = 'enforce', Context extends AstroContext = AstroContext, Env = unknown>(
  options: OptionsSource<OptionsFor<M> & WebSocketOptions, Env>,
  handler: WebhookHandler<M, Context>,
): (context: Context) => Promise<Response> {
  return wrapEndpoint(options, handler, look)
}

function look(context: AstroContext): Surroundings {
  return {
    // Newer versions of Cloudflare's adapter keep `runtime` only to throw from it.
    env: attempt(() => (context.locals as Locals | undefined)?.runtime?.env),
    connection: findPeerAddress(context.request.headers, () => context.clientAddress),
  }
}

interface Locals {
  readonly runtime?: { readonly env?: unknown }
}
