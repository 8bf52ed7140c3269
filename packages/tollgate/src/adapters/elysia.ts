import type { AnyElysia, Elysia } from 'elysia'
import type { AnyWebhook, BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { Guard, GuardOptions, OptionsSource } from './shared/guard.ts'
import { settleWhenAnswered } from './shared/node.ts'
import { findAddress } from './shared/routed.ts'
import { settle } from './shared/settle.ts'
import { refuseVersion } from './shared/version.ts'
import { findBody, readPeerAddress, runWork, toResponse } from './shared/web.ts'
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
    const macro = createMacro(guard, app)
    guardMounts(app as unknown as Routes)
    mountGuards.set(macro.resolve, (mounted, routes) => wrapMounted(mounted, guard, routes))
    return app.macro({ twilio: macro } as never) as unknown as WithTwilio<S>
  }
}

type Mounted = (request: Request) => Response | Promise<Response>

/** The part of an app that holds its routes. */
interface Routes {
  readonly config: { readonly aot?: boolean }
  readonly server: unknown
  readonly router: {
    readonly history: readonly {
      readonly hooks?: {
        config?: { readonly mount?: Mounted }
        readonly beforeHandle?: readonly { readonly fn?: unknown }[]
        parse?: readonly { readonly fn?: unknown }[]
      }
    }[]
  }
  add(...route: unknown[]): unknown
}

/** Wraps what a mount calls, by the hook `resolve` of the macro that guards the mount. */
const mountGuards = new WeakMap<object, (mounted: Mounted, routes: Routes) => Mounted>()
/** The hooks that guard what a mount calls. An app adds the routes of the apps inside it again. */
const guardedBy = new WeakMap<Mounted, readonly object[]>()
const patched = new WeakSet<object>()

/**
 * With `aot: false`, Elysia calls what `mount()` got before any hook of the route. So that is
 * guarded instead. A macro does not see the routes of its app, nor those of the apps around it, so
 * this happens in the method that adds a route.
 */
function guardMounts(app: Routes): void {
  let owner = app
  while (owner && !Object.hasOwn(owner, 'add')) owner = Object.getPrototypeOf(owner)
  if (!owner || patched.has(owner)) return
  patched.add(owner)
  const { add } = owner
  owner.add = function (this: Routes, ...route) {
    const added = add.apply(this, route)
    guardMount(this)
    return added
  }
}

function guardMount(routes: Routes): void {
  const hooks = routes.router.history.at(-1)?.hooks
  if (hooks?.config?.mount === undefined) return
  for (const { fn } of hooks.beforeHandle ?? []) {
    const { mount } = hooks.config
    const wrap = mountGuards.get(Object(fn))
    const guards: readonly object[] = (mount && guardedBy.get(mount)) ?? []
    if (wrap === undefined || mount === undefined) continue
    // The parse of a mount, which compiled routes cannot have beside that of the macro.
    const { parse = [] } = hooks
    if (parse.length > 1) hooks.parse = parse.filter((one) => one.fn !== 'none')
    if (routes.config.aot !== false || guards.includes(Object(fn))) continue
    const wrapped = wrap(mount, routes)
    guardedBy.set(wrapped, [...guards, Object(fn)])
    hooks.config = { ...hooks.config, mount: wrapped }
  }
}

function wrapMounted(mounted: Mounted, guard: Guard, routes: Routes): Mounted {
  return async (request) => {
    // The path that Elysia has routed by.
    const [path = ''] = request.url.slice(request.url.indexOf('/', 11)).split('?', 1)
    const outcome = await guard.check(() => readRequest(request, path, routes.server), request)
    if (outcome.webhook === undefined) return toResponse(outcome.answer)
    return runWork(
      outcome,
      () => mounted(request),
      (answer) => answer.status,
      request,
    )
  }
}

function createMacro(guard: Guard, app: AnyElysia) {
  const answered = new WeakSet<AnyWebhook>()
  /** Those whose answer is one of `node:http`. */
  const followed = new WeakSet<AnyWebhook>()
  async function verify({ request, server, set, status, path }: RouteContext): Promise<unknown> {
    // The context has no `server` in routes that are not compiled.
    const outcome = await guard.check(() => readRequest(request, path, server ?? app.server), request)
    if (outcome.webhook === undefined) {
      Object.assign(set.headers, outcome.answer.headers)
      // Only `status` ends a `resolve`. After a Response, Elysia would run the handler.
      return status(outcome.answer.status, outcome.answer.body)
    }
    const { webhook, reserved } = outcome
    const res = findRuntime(request)?.res
    if (res !== undefined) {
      // `node:http` tells whether the answer got through, which the hooks below cannot know.
      settleWhenAnswered(res, outcome)
      followed.add(webhook)
    } else if (reserved !== undefined)
      // After the answer an abort means nothing: some runtimes abort the signal of every request.
      request.signal.addEventListener('abort', () => answered.has(reserved) || settle(reserved, undefined))
    return { twilio: webhook }
  }
  function report(twilio: AnyWebhook | undefined, answer: unknown, statusSet: unknown, error?: unknown): void {
    if (!twilio?.ok || followed.has(twilio)) return
    answered.add(twilio)
    const status = Number(answer instanceof Response ? answer.status : statusSet)
    // In routes that are not compiled, this may run before a slow error handler has answered. The
    // status is then still that of a success.
    const isPending = hasFailed(error) && !(answer instanceof Response) && !(status >= 300)
    void settle(twilio, isPending ? undefined : status)
  }
  // Each hook names the properties that it uses, because Elysia reads from its source text what the
  // context needs.
  return {
    // If a function returns the body, Elysia does not read one. 'none' has this effect only in
    // compiled routes.
    parse: () => ({}),
    resolve: ({ request, server, set, status, path }: RouteContext) => verify({ request, server, set, status, path }),
    afterResponse: ({ twilio, set, responseValue, response, error }: AnsweredContext) =>
      report(twilio, responseValue ?? response, set.status, error),
    // With this hook, compiled routes pass the Response of an error handler to `afterResponse`.
    mapResponse: () => undefined,
    // Compiled routes do not call `afterResponse` for an error that no handler answers. Elysia sets
    // the status after this hook, so the check waits.
    error: ({ twilio, set }: AnsweredContext) =>
      void setTimeout(() => twilio?.ok && !answered.has(twilio) && report(twilio, undefined, set.status)),
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
  readonly path: string
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

/** What @elysiajs/node keeps of `node:http`. */
interface NodeRuntime {
  readonly req: { url?: string; upgrade?: boolean; socket?: { remoteAddress?: string; encrypted?: boolean } }
  readonly res?: Parameters<typeof settleWhenAnswered>[0]
}

function findRuntime(
  request: Request & { readonly runtime?: { readonly node?: NodeRuntime } },
): NodeRuntime | undefined {
  return request.runtime?.node
}

/** @param path The path that Elysia has read. It looks for it from character 11 of the URL. */
function readRequest(request: Request, path: string, server: unknown): IncomingRequest {
  const { method, headers } = request
  const raw = findRuntime(request)?.req
  return {
    method,
    headers,
    url: findAddress(request, { raw: raw?.url, path }),
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
