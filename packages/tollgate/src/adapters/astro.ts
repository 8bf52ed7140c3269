import { attempt, createEndpoints, type RequestEvent, readClientAddress, type WrapEndpoint } from './shared/event.ts'

export type { EndpointOptions as TwilioWebhookOptions } from './shared/event.ts'

/** The part of Astro's APIContext that is used. */
export interface AstroContext extends RequestEvent {
  readonly locals?: unknown
  readonly clientAddress?: string
}

/**
 * Wraps a handler into an endpoint of Astro 7. Requests that do not verify are answered. The
 * handler runs for the others; in `observe` mode for all.
 *
 * Set `security.checkOrigin` to false. Otherwise Astro refuses form posts without an Origin, and
 * Twilio's have none.
 * @param options Options (default: all from the environment), or a function that returns them at
 *   the first request. On Cloudflare the function gets `env`.
 * @param handler Gets the webhook and Astro's context.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export const twilioWebhook: WrapEndpoint<AstroContext> = createEndpoints((context: AstroContext) => ({
  // In newer versions of Cloudflare's adapter, `runtime` throws.
  env: attempt(() => Object(context.locals).runtime?.env),
  connection: readClientAddress(context.request.headers, () => context.clientAddress),
}))
