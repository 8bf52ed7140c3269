import { createEndpoints, type RequestEvent, type WrapEndpoint } from './shared/event.ts'
import { respellQuery } from './shared/query-spellings.ts'

export type { EndpointOptions as TwilioWebhookOptions } from './shared/event.ts'

/** The part of the arguments of a loader or an action that is used. */
export interface RouteArgs extends RequestEvent {
  readonly context?: unknown
}

/**
 * Wraps a handler into the `action` (POST) or `loader` (GET) of a resource route of React Router 8.
 * Requests that do not verify are answered. The handler runs for the others; in `observe` mode for
 * all.
 * @param options Options (default: all from the environment), or a function that returns them at
 *   the first request. The function gets `args.context`, where the server puts its platform's
 *   `env`.
 * @param handler Gets the webhook and the arguments of the route.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export const twilioWebhook: WrapEndpoint<RouteArgs> = createEndpoints(({ request, context }: RouteArgs) => ({
  env: context,
  connection: { urlIsNormalized: mayBeRespelled(request.url) && respellQuery },
}))

/**
 * Returns true if React Router may have changed the spelling of the query. Version 7 removes its
 * own parameters (`index`, `_routes`), which writes the rest as a form, unless its future flag
 * `v8_passThroughRequests` is set. A query in any other spelling was not changed.
 */
function mayBeRespelled(url: string): boolean {
  const start = url.indexOf('?')
  if (start === -1) return false
  const query = url.slice(start + 1)
  return new URLSearchParams(query).toString() === query
}
