import type { Mode, Webhook } from '../index.ts'
import type { OptionsFor, OptionsSource } from './shared/guard.ts'
import { releaseOnFailure, toIncomingRequest, toResponse } from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions } from './shared/web-socket.ts'

export type WebhookHandler<M extends Mode, Rest extends readonly unknown[]> = (
  webhook: Webhook<M>,
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>

/**
 * Wraps a handler into a fetch handler, for Deno, Bun, Workers, Vercel and Netlify. What the platform passes after the request
 * (`env` and `ctx`, `info`, the server) is handed on; an options function is given the first of them, which on Workers is `env`.
 * A handler that opens a WebSocket needs the option `webSocket: true`.
 */
export function twilioWebhook<
  M extends Mode = 'enforce',
  Env = unknown,
  Rest extends readonly unknown[] = readonly unknown[],
>(
  options: OptionsSource<OptionsFor<M> & WebSocketOptions, Env>,
  handler: WebhookHandler<M, Rest>,
): (request: Request, ...rest: readonly unknown[]) => Promise<Response> {
  const guard = createSocketGuard<Env>(options)
  return async (request, ...rest) => {
    // What the platform passes is of the types that the user says it is: nobody here can know.
    const [env] = rest as readonly [Env]
    const outcome = await guard.check(() => toIncomingRequest(request, findConnection(request, env)), request, env)
    if (outcome.webhook === undefined) return toResponse(outcome.answer)
    const { webhook } = outcome
    return releaseOnFailure(
      outcome,
      () => handler(webhook as Webhook<M>, request, ...(rest as unknown as Rest)),
      (response) => response?.status,
    )
  }
}

/** The peer's address, where the platform tells it: Deno in `info.remoteAddr`, Bun through `server.requestIP`. */
function findConnection(request: Request, platform: unknown): { readonly remoteAddress?: string } {
  const { remoteAddr, requestIP }: Platform = Object(platform)
  const address =
    remoteAddr?.hostname ?? (typeof requestIP === 'function' ? requestIP.call(platform, request)?.address : undefined)
  return typeof address === 'string' ? { remoteAddress: address } : {}
}

interface Platform {
  readonly remoteAddr?: { readonly hostname?: unknown }
  requestIP?(request: Request): { readonly address?: unknown } | null
}
