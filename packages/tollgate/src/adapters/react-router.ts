import type { Mode } from '../index.ts'
import { type RequestEvent, type Surroundings, type WebhookHandler, wrapEndpoint } from './shared/event.ts'
import type { OptionsFor, OptionsSource } from './shared/guard.ts'
import { respellQuery } from './shared/query-spellings.ts'
import type { WebSocketOptions } from './shared/web-socket.ts'

/** What is used of the arguments of a loader or an action. */
export interface RouteArgs extends RequestEvent {
  readonly context?: unknown
}

/**
 * Wraps a handler into the `action` (POST) or `loader` (GET) of a resource route of React Router 7 and 8. It is given the webhook, and
 * then the route's arguments. An options function is given `args.context`, where the server puts its platform's `env`.
 */
export function twilioWebhook<M extends Mode = 'enforce', Args extends RouteArgs = RouteArgs, Env = unknown>(
  options: OptionsSource<OptionsFor<M> & WebSocketOptions, Env>,
  handler: WebhookHandler<M, Args>,
): (args: Args) => Promise<Response> {
  return wrapEndpoint(options, handler, look)
}

function look({ request, context }: RouteArgs): Surroundings {
  return { env: context, connection: { urlIsNormalized: mayBeRespelled(request.url) && respellQuery } }
}

/**
 * React Router 7 removes its own parameters (`index`, `_routes`) from the query, which spells the rest anew, unless its future flag
 * `v8_passThroughRequests` is set. Nothing says whether it did; a query in any other spelling than that one has not been touched.
 */
function mayBeRespelled(url: string): boolean {
  const start = url.indexOf('?')
  if (start === -1) return false
  const query = url.slice(start + 1)
  return new URLSearchParams(query).toString() === query
}
