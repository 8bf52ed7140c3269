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

/** What is used of SvelteKit's RequestEvent. */
export interface SvelteKitEvent extends RequestEvent {
  readonly platform?: unknown
  getClientAddress?(): string
}

/**
 * Wraps a handler into an endpoint of SvelteKit 2 and 3, for a `+server.js`. It is given the webhook, and then the event. An options
 * function is given the platform's `env`, where there is one.
 *
 * SvelteKit refuses form posts without an Origin, which Twilio's are, until `csrf.trustedOrigins` is `['*']`.
 */
export function twilioWebhook<M extends Mode = 'enforce', Event extends SvelteKitEvent = SvelteKitEvent, Env = unknown>(
  options: OptionsSource<OptionsFor<M> & WebSocketOptions, Env>,
  handler: WebhookHandler<M, Event>,
): (event: Event) => Promise<Response> {
  return wrapEndpoint(options, handler, look)
}

function look(event: SvelteKitEvent): Surroundings {
  const { env, req }: Platform = attempt(() => Object(event.platform)) ?? {}
  const socket = req?.socket
  return {
    env,
    // adapter-node takes the scheme from its environment (https when that is silent), and can take the address from a header.
    connection: socket
      ? { encrypted: socket.encrypted === true, remoteAddress: socket.remoteAddress }
      : findPeerAddress(event.request.headers, () => event.getClientAddress?.()),
  }
}

/** What Cloudflare's adapter and Node's put there. */
interface Platform {
  readonly env?: unknown
  readonly req?: { readonly socket?: { readonly encrypted?: unknown; readonly remoteAddress?: string | undefined } }
}
