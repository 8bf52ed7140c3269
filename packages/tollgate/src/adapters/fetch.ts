import type { Mode, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { releaseOnFailure, toIncomingRequest, toResponse } from './shared/web.ts'

export type WebhookHandler<M extends Mode, Rest extends readonly unknown[]> = (
  webhook: Webhook<M>,
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>

/**
 * Wraps a handler into a fetch handler, for Deno, Bun, Workers, Vercel and Netlify. What the platform passes after the request
 * (`env` and `ctx`, `info`, the server) is handed on; an options function is given the first of them, which on Workers is `env`.
 */
// biome-ignore lint/suspicious/noExplicitAny: an options function may type the platform's env as it likes
export function twilioWebhook<M extends Mode = 'enforce', Rest extends readonly unknown[] = any[]>(
  options: OptionsSource<OptionsFor<M>, Rest[0]>,
  handler: WebhookHandler<M, Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const guard = createGuard<Rest[0]>(options)
  return async (request, ...rest) => {
    const outcome = await guard.check(
      () => toIncomingRequest(request, findConnection(request, rest[0])),
      request,
      rest[0],
    )
    if (outcome.webhook === undefined) return toResponse(outcome.answer)
    const { webhook } = outcome
    return releaseOnFailure(
      webhook,
      () => handler(webhook as Webhook<M>, request, ...rest),
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
