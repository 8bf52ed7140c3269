import { attempt, createEndpoints, type RequestEvent, readClientAddress, type WrapEndpoint } from './shared/event.ts'

export type { EndpointOptions as TwilioWebhookOptions } from './shared/event.ts'

/** The part of SvelteKit's RequestEvent that is used. */
export interface SvelteKitEvent extends RequestEvent {
  readonly platform?: unknown
  getClientAddress?(): string
}

/**
 * Wraps a handler into an endpoint of SvelteKit 3, for a `+server.js`. Requests that do not verify
 * are answered. The handler runs for the others; in `observe` mode for all.
 *
 * Set `csrf.trustedOrigins` to `['*']`. Otherwise SvelteKit refuses form posts without an Origin,
 * and Twilio's have none.
 * @param options Options (default: all from the environment), or a function that returns them at
 *   the first request. The function gets the platform's `env`, if there is one.
 * @param handler Gets the webhook and SvelteKit's event.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export const twilioWebhook: WrapEndpoint<SvelteKitEvent> = createEndpoints((event: SvelteKitEvent) => {
  // Cloudflare's adapter gives `env`, and Node's gives `req`.
  const { env, req } = attempt(() => Object(event.platform)) ?? {}
  // The socket is preferred: adapter-node takes the scheme from its environment (https by
  // default), and can take the address from a header.
  const connection = req?.socket
    ? { encrypted: req.socket.encrypted === true, remoteAddress: req.socket.remoteAddress }
    : readClientAddress(event.request.headers, () => event.getClientAddress?.())
  return { env, connection }
})
