import type { AnyElysia, Elysia } from 'elysia'
import type { AnyWebhook, BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { Guard, GuardOptions, OptionsSource } from './shared/guard.ts'
import { releaseIfFailed } from './shared/release.ts'
import { refuseVersion } from './shared/version.ts'
import { chooseTarget, findBody, readPeerAddress } from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions } from './shared/web-socket.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & WebSocketOptions

type None = Record<never, never>

/**
 * The type that the plugin adds to an app: the macro `twilio`, and `twilio` in the context of the
 * routes that use it.
 */
export type WithTwilio<S extends WebhookSource = 'enforce'> = Elysia<
  '',
  { decorator: None; store: None; derive: None; resolve: None },
  { typebox: None; error: None },
  {
    schema: None
    standaloneSchema: None
    macro: { readonly twilio?: boolean }
    macroFn: { readonly twilio: { readonly resolve: () => Promise<{ readonly twilio: Webhook<S> }> } }
    parser: None
    response: None
  }
>

/**
 * Creates a plugin for Elysia 1.4 that adds a macro, which routes turn on:
 * `.post('/sms', ({ twilio }) => …, { twilio: true })`. Requests that do not verify are answered,
 * and the handler of the route does not run. Elysia does not parse the body of these routes, and
 * handlers can still read `request`. Use a second plugin, with the option `webSocket: true`, for
 * routes that are WebSockets.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @throws TypeError or RangeError that names the option, if one is wrong. The plugin throws a
 *   TypeError in an older Elysia.
 */
export function twilioWebhook<S extends WebhookSource = 'enforce'>(
  options: OptionsSource<TwilioWebhookOptions<S>> = {},
): (app: AnyElysia) => WithTwilio<S> {
  const guard = createSocketGuard(options)
  return (app) => {
    // Elysia 1.4 keeps its macros under this name.
    const { extender } = app as unknown as { readonly extender?: { readonly macro?: unknown } }
    if (extender !== undefined && extender.macro === undefined) refuseVersion('elysia', 'Elysia 1.4')
    return app.macro({ twilio: createMacro(guard, app) } as never) as unknown as WithTwilio<S>
  }
}

function createMacro(guard: Guard, app: AnyElysia): object {
  const answered = new WeakSet<AnyWebhook>()
  async function verify({ request, server, set, status }: RouteContext): Promise<unknown> {
    // The context has no `server` in routes that are not compiled.
    const outcome = await guard.check(() => readRequest(request, server ?? app.server), request)
    if (outcome.webhook === undefined) {
      Object.assign(set.headers, outcome.answer.headers)
      // Only `status` ends a `resolve`. After a Response, Elysia would run the handler.
      return status(outcome.answer.status, outcome.answer.body)
    }
    const { webhook, reserved } = outcome
    // After the answer an abort means nothing: some runtimes abort the signal of every request.
    if (reserved !== undefined)
      request.signal.addEventListener('abort', () => answered.has(reserved) || releaseIfFailed(reserved, undefined))
    return { twilio: webhook }
  }
  function settle(twilio: AnyWebhook | undefined, answer: unknown, statusSet: unknown, error?: unknown): void {
    if (!twilio?.ok) return
    answered.add(twilio)
    const status = Number(answer instanceof Response ? answer.status : statusSet)
    // In routes that are not compiled, this may run before a slow error handler has answered. The
    // status is then still that of a success.
    const isPending = hasFailed(error) && !(answer instanceof Response) && !(status >= 300)
    void releaseIfFailed(twilio, isPending ? undefined : status)
  }
  // Each hook names the properties that it uses, because Elysia reads from its source text what the
  // context needs.
  return {
    // If a function returns the body, Elysia does not read one. 'none' has this effect only in
    // compiled routes.
    parse: () => ({}),
    resolve: ({ request, server, set, status }: RouteContext) => verify({ request, server, set, status }),
    afterResponse: ({ twilio, set, responseValue, response, error }: AnsweredContext) =>
      settle(twilio, responseValue ?? response, set.status, error),
    // With this hook, compiled routes pass the Response of an error handler to `afterResponse`.
    mapResponse: () => undefined,
    // Compiled routes do not call `afterResponse` for an error that no handler answers. Elysia sets
    // the status after this hook, so the check waits.
    error: ({ twilio, set }: AnsweredContext) =>
      void setTimeout(() => twilio?.ok && !answered.has(twilio) && settle(twilio, undefined, set.status)),
  }
}

/**
 * Without an exception, `error` of a context is undefined or the function `status` (its older
 * name).
 */
function hasFailed(error: unknown): boolean {
  return error !== undefined && typeof error !== 'function'
}

interface RouteContext {
  readonly request: Request
  readonly server: unknown
  readonly set: { readonly headers: object; readonly status?: number | string }
  readonly status: (code: number, body: string) => unknown
}

interface AnsweredContext extends Pick<RouteContext, 'set'> {
  readonly twilio: AnyWebhook | undefined
  readonly responseValue: unknown
  /** The name of `responseValue` in routes that are not compiled. */
  readonly response: unknown
  readonly error?: unknown
}

/** The property that @elysiajs/node adds to a Request. */
interface NodeRuntime {
  readonly node?: {
    readonly req: { url?: string; upgrade?: boolean; socket?: { remoteAddress?: string; encrypted?: boolean } }
  }
}

function readRequest(request: Request & { readonly runtime?: NodeRuntime }, server: unknown): IncomingRequest {
  const { method, headers } = request
  const raw = request.runtime?.node?.req
  return {
    method,
    headers,
    url: chooseTarget(raw?.url ?? request.url, request.url),
    body: findBody(request, consumed),
    handshake: raw && raw.upgrade === true,
    encrypted: raw ? raw.socket?.encrypted === true : request.url.startsWith('https:'),
    remoteAddress: raw?.socket?.remoteAddress ?? readPeerAddress(request, server),
  }
}

const consumed: BodyConsumed = {
  consumedBy: 'an onParse hook, or the "parse" of the route',
  fix: 'Leave the parsing of routes with { twilio: true } to twilioWebhook.',
}
