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

/** The part of SvelteKit's RequestEvent that is used. */
export interface SvelteKitEvent extends RequestEvent {
  readonly platform?: unknown
  getClientAddress?(): string
}

/**
 * Wraps a handler into an endpoint of SvelteKit 2 and 3, for a `+server.js`. Requests that do not
 * verify are answered. The handler runs for the others; in `observe` mode for all.
 *
 * Set `csrf.trustedOrigins` to `['*']`. Otherwise SvelteKit refuses form posts without an Origin,
 * and Twilio's have none.
 * @param options Options (default: all from the environment), or a function that returns them at
 *   the first request. The function gets the platform's `env`, if there is one.
 * @param handler Gets the webhook and SvelteKit's event.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<
  S extends WebhookSource = 'enforce',
  Event extends SvelteKitEvent = SvelteKitEvent,
  Env = unknown,
>(
  options: OptionsSource<TwilioWebhookOptions<S>, Env> | undefined = {},
  handler: WebhookHandler<S, Event>,
): (event: Event) => Promise<Response> {
  return wrapEndpoint(options, handler, look)
}

function look(event: SvelteKitEvent): Surroundings {
  const { env, req }: Platform = attempt(() => Object(event.platform)) ?? {}
  const socket = req?.socket
  return {
    env,
    // The socket is preferred: adapter-node takes the scheme from its environment (https by
    // default), and can take the address from a header.
    connection: socket
      ? { encrypted: socket.encrypted === true, remoteAddress: socket.remoteAddress }
      : readClientAddress(event.request.headers, () => event.getClientAddress?.()),
  }
}

/** The facts that Cloudflare's adapter and Node's put there. */
interface Platform {
  readonly env?: unknown
  readonly req?: { readonly socket?: { readonly encrypted?: unknown; readonly remoteAddress?: string | undefined } }
}
