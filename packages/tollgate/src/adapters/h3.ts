// Longer than other adapters: two majors in one file, since Nuxt is on h3 1 and Nitro 3 on h3 2: the one is over Node.js requests, the other over web ones.
import type { H3Event } from 'h3'
import type { Accepted, BodyConsumed, IncomingRequest, Mode, Observed } from '../index.ts'
import type { OptionsFor, OptionsSource } from './shared/guard.ts'
import * as node from './shared/node.ts'
import { createPathGuard, type PathOptions } from './shared/path-guard.ts'
import * as web from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions } from './shared/web-socket.ts'

declare module 'h3' {
  interface H3EventContext {
    /** The webhook, behind `twilioWebhook()`. In `observe` mode look at `ok` first. */
    twilio: Accepted | Observed
  }
}

export type H3Options = OptionsFor<Mode> & PathOptions & WebSocketOptions

export interface TwilioMiddleware {
  /** h3 1: `app.use(guard)`, or `defineEventHandler({ onRequest: guard, handler })`. */
  (event: H3Event): Promise<void>
  /** h3 2: `app.use(guard)`, or `defineHandler({ middleware: [guard], handler })`. */
  (event: H3Event, next: () => unknown): Promise<unknown>
}

/**
 * Middleware for h3 1 and 2, and so for Nitro and Nuxt: what does not verify is answered and goes no further. The webhook is in
 * `event.context.twilio`, and the body can still be read. Before `defineWebSocketHandler` of h3 2 it needs the option
 * `webSocket: true`; h3 1 runs no middleware for a handshake.
 */
export function twilioWebhook(options: OptionsSource<H3Options>): TwilioMiddleware {
  const paths = createPathGuard(options)
  const guard = createSocketGuard(paths.verifierOptions)
  async function middleware(h3Event: H3Event, next?: () => unknown): Promise<unknown> {
    const event = h3Event as unknown as EitherEvent
    const request = 'clone' in event.req ? event.req : event.web?.request
    // What a hook of h3 2 returns is dropped, a refusal too.
    if ('clone' in event.req && next === undefined)
      throw new TypeError('twilioWebhook is middleware in h3 2: app.use(guard), or { middleware: [guard], handler }')
    const target = event.node?.req.originalUrl ?? event.node?.req.url ?? request?.url
    const urls = [target, event.node?.req.url, request?.url, event.path]
    if (!paths.guards(urls, undefined, next === undefined ? 'text' : 'segments')) return undefined
    const outcome = await guard.check(() => readRequest(event, request, target), h3Event)
    if (outcome.webhook === undefined) {
      if (next !== undefined) return web.toResponse(outcome.answer)
      // Said before, since there is nothing to send where the client is gone, and h3 1 would then go on.
      event._handled = true
      return event.node?.res && node.sendAnswer(event.node.req, event.node.res, outcome.answer)
    }
    const { webhook } = outcome
    event.context.twilio = webhook
    if (next === undefined) keepBody(event, webhook)
    if (next === undefined || event.node !== undefined) {
      // An upgrade has no response of Node.js yet.
      if (event.node?.res) node.releaseOnFailure(event.node.res, outcome)
      return undefined
    }
    return web.releaseOnFailure(outcome, next, (result) => findStatus(result) ?? event.res.status)
  }
  // h3 1 warns of functions that do not say so.
  return Object.assign(middleware as TwilioMiddleware, { __is_handler__: true })
}

type NodeRequest = Parameters<typeof node.sendAnswer>[0]

/** What the events of both majors have, of what is read here. */
interface EitherEvent {
  readonly req: Request | NodeRequest
  readonly res: { readonly status?: number }
  readonly path: string
  readonly context: { twilio: Accepted | Observed }
  readonly runtime?: Runtime
  readonly node?: { readonly req: KeptRequest; readonly res?: Parameters<typeof node.sendAnswer>[1] }
  /** h3 1 on a platform without Node.js. */
  readonly web?: { readonly request?: Request }
  _requestBody?: unknown
  _handled?: boolean
}

interface Runtime {
  readonly deno?: { readonly info?: { readonly remoteAddr?: { readonly hostname?: string } } }
  readonly bun?: { readonly server?: { requestIP(request: Request): { readonly address?: string } | null } }
}

// Where h3 1 keeps the bytes that `readRawBody` has read, or the promise of them.
const h3RawBody: unique symbol = Symbol.for('h3RawBody')

type KeptRequest = NodeRequest & { originalUrl?: string; rawBody?: unknown; body?: unknown; [h3RawBody]?: unknown }

function readRequest(event: EitherEvent, request: Request | undefined, url: string | undefined): IncomingRequest {
  const { req } = event.node ?? {}
  // The connection itself: the Request may have been made of forwarding headers (`trustProxy`).
  const connection = req && node.toIncomingRequest(req, url, undefined)
  if (request === undefined) return { ...(connection as IncomingRequest), body: req && findNodeBody(req) }
  const { deno, bun } = event.runtime ?? {}
  const remoteAddress = deno?.info?.remoteAddr?.hostname ?? bun?.server?.requestIP(request)?.address
  const { method, headers } = request
  const encrypted = request.url.startsWith('https:')
  return { method, url: url ?? '', headers, encrypted, remoteAddress, ...connection, body: findWebBody(request) }
}

function findWebBody(request: Request): IncomingRequest['body'] {
  if (!isUsed(request)) return { [Symbol.asyncIterator]: () => readClone(request) }
  const isEmpty = request.headers.get('content-length') === '0'
  return isEmpty ? undefined : { consumedBy: 'readBody() or event.req, before twilioWebhook', fix }
}

/** The srvx of Nitro 3.0 makes the Request only now, and cannot make one of a TRACE or of a hostile Host: nor was it read. */
function isUsed(request: Request): boolean {
  try {
    return request.bodyUsed
  } catch {
    return false
  }
}

/** Cloned when it is read, and not before: a TRACE, which is refused, cannot be. */
async function* readClone(request: Request): AsyncGenerator<Uint8Array> {
  const { body } = web.toIncomingRequest(request)
  if (body !== undefined) yield* body as AsyncIterable<Uint8Array>
}

const fix = 'Put twilioWebhook before what reads the body, or let that read event.req.clone().'

function findNodeBody(req: KeptRequest): IncomingRequest['body'] {
  const kept = req[h3RawBody]
  return kept instanceof Promise ? readLater(kept) : node.findBody(req, [kept, req.rawBody, req.body], consumedInNode)
}

const consumedInNode: BodyConsumed = {
  consumedBy: 'something that ran before twilioWebhook',
  fix: 'Put twilioWebhook before it, or let it use readRawBody() or readBody() of h3.',
}

async function* readLater(kept: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await kept
}

/** For `readBody` and its like in h3 1. */
function keepBody(event: EitherEvent, { body }: Accepted | Observed): void {
  if (event.web?.request) event._requestBody = body
  else Object.assign(event.node?.req ?? {}, { [h3RawBody]: body })
}

function findStatus(result: unknown): number | undefined {
  return result instanceof Response ? result.status : result instanceof Error ? 500 : undefined
}
