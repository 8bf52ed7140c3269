import type { H3Event } from 'h3'
import type { AnyWebhook, BodyConsumed, IncomingRequest, WebhookSource } from '../index.ts'
import type { GuardOptions, OptionsSource } from './shared/guard.ts'
import * as node from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'
import { findAddress, findTarget } from './shared/routed.ts'
import * as web from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions, webSocketOptions } from './shared/web-socket.ts'

declare module 'h3' {
  interface H3EventContext {
    /**
     * The webhook, after `twilioWebhook()`; `undefined` on a route without it. `readWebhook` types
     * it. In `observe` mode check `ok` first.
     */
    twilio?: AnyWebhook
  }
}

export { readWebhook } from './shared/read-webhook.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> &
  PathOptions &
  WebSocketOptions

/** Middleware for both majors of h3. */
export interface TwilioMiddleware {
  /**
   * h3 1: `app.use(guard)`, or `defineEventHandler({ onRequest: guard, handler })`.
   * @param event Gets the webhook in `event.context.twilio`.
   */
  (event: H3Event): Promise<void>
  /**
   * h3 2: `app.use(guard)`, or `defineHandler({ middleware: [guard], handler })`.
   * @param event Gets the webhook in `event.context.twilio`.
   * @param next Runs the later handlers. It is not called for a rejected request.
   */
  (event: H3Event, next: () => unknown): Promise<unknown>
}

/**
 * Creates middleware for h3 1 (on Node.js requests, as in Nuxt) and h3 2 (on web Requests, as in
 * Nitro 3). Requests that do not verify are answered, and no later handler runs. The webhook is in
 * `event.context.twilio`, and handlers can still read the body. Before `defineWebSocketHandler` of
 * h3 2 it needs the option `webSocket: true`. h3 1 runs no middleware for a handshake.
 * @param options Options, or a function that returns them at the first request. Default: all from
 *   the environment.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
export function twilioWebhook(options: OptionsSource<TwilioWebhookOptions> = {}): TwilioMiddleware {
  const paths = createPathGuard(options, webSocketOptions)
  const guard = createSocketGuard(paths.verifierOptions)
  async function middleware(h3Event: H3Event, next?: () => unknown): Promise<unknown> {
    const event = h3Event as unknown as EitherEvent
    const request = 'clone' in event.req ? event.req : event.web?.request
    // In a hook, h3 2 ignores the result, so a rejection would have no effect.
    if ('clone' in event.req && next === undefined)
      throw new TypeError('twilioWebhook is middleware in h3 2: app.use(guard), or { middleware: [guard], handler }')
    const address = readAddress(event, request)
    const listUrls = (): (string | undefined)[] => [event.node?.req.url, request?.url, event.path]
    // Nitro 3 has a context of its own. It mounts no route below its base URL.
    const mounting = event.context.nitro === undefined ? 'segments' : 'baseless'
    if (!paths.guards(address, listUrls, undefined, next === undefined ? 'text' : mounting)) return undefined
    const read = (): IncomingRequest => {
      checkUncached(event.context)
      return readRequest(event, request, address)
    }
    const outcome = await guard.check(read, h3Event)
    if (outcome.webhook === undefined) {
      if (next !== undefined) return web.toResponse(outcome.answer)
      // Without this mark, h3 1 runs the handler if the client has left and no answer can be sent.
      event._handled = true
      return event.node?.res && node.sendAnswer(event.node.req, event.node.res, outcome.answer)
    }
    const { webhook } = outcome
    event.context.twilio = webhook
    if (next === undefined) keepBody(event, webhook)
    if (next === undefined || event.node !== undefined) {
      // An upgrade has no response of Node.js yet.
      if (event.node?.res) node.settleWhenAnswered(event.node.res, outcome)
      return undefined
    }
    return web.runWork(outcome, next, (result) => findStatus(result) ?? event.res.status)
  }
  // h3 1 warns about functions that have no such mark.
  return Object.assign(middleware as TwilioMiddleware, { __is_handler__: true })
}

type NodeRequest = Parameters<typeof node.sendAnswer>[0]

/** The part of an event of either major that is used. */
interface EitherEvent {
  readonly req: Request | NodeRequest
  readonly res: { readonly status?: number }
  readonly path: string
  readonly context: { twilio?: AnyWebhook } & CacheMarks
  readonly runtime?: Runtime
  readonly node?: { readonly req: KeptRequest; readonly res?: Parameters<typeof node.sendAnswer>[1] }
  /** The Request, in h3 1 on a platform without Node.js. */
  readonly web?: { readonly request?: Request }
  _requestBody?: unknown
  _handled?: boolean
}

/** The marks of Nitro on a request that its cache answers. */
interface CacheMarks {
  readonly nitro?: unknown
  /** Nitro 3: the rules of the path, if the guard runs behind them. */
  readonly routeRules?: { readonly cache?: unknown }
  /** Nitro 2: set while the handler runs for the cache. */
  readonly cache?: { readonly options?: unknown }
}

/**
 * Checks that Nitro does not cache the answer, which anyone would get. Nitro 3 also drops the body.
 * @throws TypeError, which is logged and answered with 500.
 */
function checkUncached({ routeRules, cache }: CacheMarks): void {
  if (routeRules?.cache || cache?.options)
    throw new TypeError(
      'Nitro caches this route, so anyone would get the answer to a signed request: exclude it from "cache" and "swr" of routeRules, and from defineCachedHandler',
    )
}

interface Runtime {
  readonly deno?: { readonly info?: unknown }
  readonly bun?: { readonly server?: unknown }
}

// h3 1 keeps the bytes that `readRawBody` has read under this name, or a promise of them.
const h3RawBody: unique symbol = Symbol.for('h3RawBody')

type KeptRequest = NodeRequest & { originalUrl?: string; rawBody?: unknown; body?: unknown; [h3RawBody]?: unknown }

/** On Node.js, an event of h3 2 has the request of Node.js too. */
function readAddress({ node }: EitherEvent, request: Request | undefined): string {
  const raw = node?.req.originalUrl ?? node?.req.url
  // `getRequestURL()` of h3 1 drops all slashes at the start but one, and `event.path` decodes the
  // path, so that a query may begin in it.
  if (request === undefined && /^(\/\/|[^?]*%(3f|23))/i.test(raw ?? '')) return ''
  return request === undefined ? findTarget(raw) : findAddress(request, { raw, fields: node?.req.headers })
}

function readRequest(event: EitherEvent, request: Request | undefined, url: string): IncomingRequest {
  const { req } = event.node ?? {}
  // The facts of the connection. With `trustProxy`, the Request has those of forwarding headers.
  const connection = req && node.toIncomingRequest(req, url, undefined)
  if (request === undefined)
    return { ...(connection as IncomingRequest), body: req && findNodeBody(req, event._requestBody) }
  const { deno, bun } = event.runtime ?? {}
  const remoteAddress = web.readPeerAddress(request, deno?.info ?? bun?.server)
  const { method, headers } = request
  const encrypted = request.url.startsWith('https:')
  const body = web.findBody(request, consumed)
  return { method, url, headers, encrypted, remoteAddress, ...connection, body }
}

const consumed: BodyConsumed = {
  consumedBy: 'readBody() or event.req, before twilioWebhook',
  fix: 'Put twilioWebhook before what reads the body, or let that read event.req.clone().',
}

/** @param given The body of a request that `toPlainHandler` of h3 1 got. */
function findNodeBody(req: KeptRequest, given: unknown): IncomingRequest['body'] {
  const kept = req[h3RawBody]
  if (kept instanceof Promise) return readLater(kept)
  return node.findBody(req, [{ rawBody: kept, body: given }, req], consumedInNode)
}

const consumedInNode: BodyConsumed = {
  consumedBy: 'something that ran before twilioWebhook',
  fix: 'Put twilioWebhook before it, or let it use readRawBody() or readBody() of h3. If the preset of a platform parsed it, use one that passes rawBody.',
}

async function* readLater(kept: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await kept
}

/** Keeps the verified bytes where `readBody` of h3 1 looks for them. */
function keepBody(event: EitherEvent, { body }: AnyWebhook): void {
  if (event.web?.request) event._requestBody = body
  else Object.assign(event.node?.req ?? {}, { [h3RawBody]: body })
}

function findStatus(result: unknown): number | undefined {
  return result instanceof Response ? result.status : result instanceof Error ? 500 : undefined
}
