import type { Webhook, WebhookSource } from '../index.ts'
import { checkHandler, type GuardOptions, type OptionsSource } from './shared/guard.ts'
import { readPeerAddress, runWork, toIncomingRequest, toResponse } from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions } from './shared/web-socket.ts'

// Elysia parses the body before a handler runs, and then passes the Request on.
const inElysia = 'In Elysia, use tollgate/elysia.'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & WebSocketOptions

/**
 * A handler for verified webhooks. It also gets the arguments of a fetch handler.
 * @param webhook The verified webhook. In `observe` mode check `ok` first.
 * @param request The request. Its body can still be read.
 * @param rest All that the platform passes after the request.
 */
export type WebhookHandler<S extends WebhookSource, Rest extends readonly unknown[]> = (
  webhook: Webhook<S>,
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>

/**
 * Wraps a handler into a fetch handler, for Deno, Bun, Workers, Vercel and Netlify. Requests that
 * do not verify are answered. The handler runs for the others; in `observe` mode for all. It can
 * still read the request. If it opens a WebSocket, it needs the option `webSocket: true`.
 * @param options Options (default: all from the environment), or a function that returns them at
 *   the first request. The function gets the first argument after the request, which is `env` on
 *   Workers.
 * @param handler Gets the webhook, the request and all that the platform passes after it (`env` and
 *   `ctx`, `info`, the server).
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook<
  S extends WebhookSource = 'enforce',
  Env = unknown,
  Rest extends readonly unknown[] = readonly unknown[],
>(
  options: OptionsSource<TwilioWebhookOptions<S>, Env> | undefined = {},
  handler: WebhookHandler<S, Rest>,
): (request: Request, ...rest: readonly unknown[]) => Promise<Response> {
  const guard = createSocketGuard<Env>(options)
  checkHandler(handler)
  return async (request, ...rest) => {
    // The types of the platform's arguments are what the user says. They cannot be checked here.
    const [env] = rest as readonly [Env]
    const outcome = await guard.check(
      () => toIncomingRequest(request, readPeerAddress(request, env), inElysia),
      request,
      env,
    )
    if (outcome.webhook === undefined) return toResponse(outcome.answer)
    const { webhook } = outcome
    return runWork(
      outcome,
      () => handler(webhook as Webhook<S>, request, ...(rest as unknown as Rest)),
      (response) => response?.status,
    )
  }
}
