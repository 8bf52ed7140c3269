import type { AnyElysia, Elysia } from 'elysia'
import type { Accepted, IncomingRequest, Mode, Observed, Webhook } from '../index.ts'
import type { Guard, OptionsFor, OptionsSource } from './shared/guard.ts'
import { toIncomingRequest } from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions } from './shared/web-socket.ts'

type None = Record<never, never>

/** What the plugin adds to an app: the macro `twilio`, and `twilio` in the context of the routes that have it. */
export type WithTwilio<M extends Mode = 'enforce'> = Elysia<
  '',
  { decorator: None; store: None; derive: None; resolve: None },
  { typebox: None; error: None },
  {
    schema: None
    standaloneSchema: None
    macro: { readonly twilio?: boolean }
    macroFn: { readonly twilio: { readonly resolve: () => Promise<{ readonly twilio: Webhook<M> }> } }
    parser: None
    response: None
  }
>

/**
 * A plugin for Elysia 1.4 with a macro: `app.use(twilioWebhook(options)).post('/sms', ({ twilio }) => …, { twilio: true })`. What does
 * not verify is answered, and the handler of the route does not run. Elysia parses no body there; `request` can still be read. An
 * app whose routes with `twilio: true` are WebSockets uses a plugin of its own, with the option `webSocket: true`.
 */
export function twilioWebhook<M extends Mode = 'enforce'>(
  options: OptionsSource<OptionsFor<M> & WebSocketOptions>,
): (app: AnyElysia) => WithTwilio<M> {
  const guard = createSocketGuard(options)
  return (app) => app.macro({ twilio: makeMacro(guard, app) } as never) as unknown as WithTwilio<M>
}

function makeMacro(guard: Guard, app: AnyElysia): object {
  const answered = new WeakSet<Accepted>()
  const release = (webhook: Accepted): void => void webhook.release().catch(() => undefined)
  async function verify({ request, server, set, status }: RouteContext): Promise<unknown> {
    // Routes that are not compiled have no `server` in their context.
    const outcome = await guard.check(() => readRequest(request, server ?? app.server), request)
    if (outcome.webhook === undefined) {
      Object.assign(set.headers, outcome.answer.headers)
      // Only this ends a `resolve`: after a Response that it returns, Elysia would run the handler.
      return status(outcome.answer.status, outcome.answer.body)
    }
    const { webhook } = outcome
    // Some runtimes abort the signal of every request in the end.
    if (webhook.ok) request.signal.addEventListener('abort', () => answered.has(webhook) || release(webhook))
    return { twilio: webhook }
  }
  function settle(twilio: Accepted | Observed | undefined, answer: unknown, statusSet: unknown, error?: unknown): void {
    if (!twilio?.ok) return
    answered.add(twilio)
    const status = Number(answer instanceof Response ? answer.status : statusSet)
    // Routes that are not compiled ask before a slow error handler has answered: its status is still that of a success.
    const isPending = hasFailed(error) && !(answer instanceof Response) && !(status >= 300)
    if (isPending || status === 401 || status >= 500) release(twilio)
  }
  // Each hook names what it needs, since Elysia reads from its text what the context has to hold.
  return {
    // A body that a function gives keeps Elysia from reading one, compiled or not; 'none' does for compiled routes only.
    parse: () => ({}),
    resolve: ({ request, server, set, status }: RouteContext) => verify({ request, server, set, status }),
    afterResponse: ({ twilio, set, responseValue, response, error }: AnsweredContext) =>
      settle(twilio, responseValue ?? response, set.status, error),
    // With it, compiled routes tell `afterResponse` which Response an error handler gave.
    mapResponse: () => undefined,
    // Compiled routes call no `afterResponse` for an error that no handler answers. Elysia sets its status behind this.
    error: ({ twilio, set }: AnsweredContext) =>
      void setTimeout(() => twilio?.ok && !answered.has(twilio) && settle(twilio, undefined, set.status)),
  }
}

/** Where nothing was thrown, `error` of a context is undefined, or an older name of the function `status`. */
function hasFailed(error: unknown): boolean {
  return error !== undefined && typeof error !== 'function'
}

interface RouteContext {
  readonly request: Request
  readonly server: { requestIP?(request: Request): { readonly address?: string } | null } | null | undefined
  readonly set: { readonly headers: object; readonly status?: number | string }
  readonly status: (code: number, body: string) => unknown
}

interface AnsweredContext extends Pick<RouteContext, 'set'> {
  readonly twilio: Accepted | Observed | undefined
  readonly responseValue: unknown
  /** Its name in routes that are not compiled. */
  readonly response: unknown
  readonly error?: unknown
}

/** What @elysiajs/node adds to a Request. */
interface NodeRuntime {
  readonly node?: {
    readonly req: { url?: string; upgrade?: boolean; socket?: { remoteAddress?: string; encrypted?: boolean } }
  }
}

function readRequest(
  request: Request & { readonly runtime?: NodeRuntime },
  server: RouteContext['server'],
): IncomingRequest {
  const { method, headers } = request
  const raw = request.runtime?.node?.req
  return {
    method,
    headers,
    url: raw?.url ?? request.url,
    body: findBody(request),
    handshake: raw && raw.upgrade === true,
    encrypted: raw ? raw.socket?.encrypted === true : request.url.startsWith('https:'),
    remoteAddress: raw?.socket?.remoteAddress ?? server?.requestIP?.(request)?.address,
  }
}

function findBody(request: Request): IncomingRequest['body'] {
  if (!request.bodyUsed) return { [Symbol.asyncIterator]: () => readClone(request) }
  const isEmpty = request.headers.get('content-length') === '0'
  return isEmpty ? undefined : { consumedBy: 'an onParse hook, or the "parse" of the route', fix }
}

const fix = 'Leave the parsing of routes with { twilio: true } to twilioWebhook.'

/** Cloned when it is read, and not before: a TRACE, which is refused, cannot be. */
async function* readClone(request: Request): AsyncGenerator<Uint8Array> {
  const { body } = toIncomingRequest(request)
  if (body !== undefined) yield* body as AsyncIterable<Uint8Array>
}
