import type { Context, HonoRequest, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { BodyConsumed, IncomingRequest, Webhook, WebhookSource } from '../index.ts'
import type { GuardOptions, OptionsSource } from './shared/guard.ts'
import * as node from './shared/node.ts'
import { readViewed } from './shared/node-view.ts'
import { createPathGuard, dropSegments, type PathOptions } from './shared/path-guard.ts'
import { findAddress } from './shared/routed.ts'
import { isUsed, readPeerAddress, runWork, toIncomingRequest } from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions, webSocketOptions } from './shared/web-socket.ts'

/** The options of `twilioWebhook`. */
export type TwilioWebhookOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> &
  PathOptions &
  WebSocketOptions

/** The variables of `c.var` that `twilioWebhook` sets. */
export interface TwilioVariables<S extends WebhookSource = 'enforce'> {
  /** The webhook. In `observe` mode check `ok` first. */
  twilio: Webhook<S>
}

/**
 * Creates middleware for Hono 4. Requests that do not verify are answered, and no later handler
 * runs. The webhook is in `c.var.twilio`, and handlers can still read the body. Before
 * `upgradeWebSocket` it needs the option `webSocket: true`, on Node.js too: there an upgrade can
 * reach every route.
 * @param options Options, or a function that gets `c.env` and returns them at the first request.
 * @throws TypeError or RangeError that names the option, if one is wrong.
 */
// biome-ignore lint/suspicious/noExplicitAny: the user's function chooses the type of the platform's env
export function twilioWebhook<S extends WebhookSource = 'enforce', Env = any>(
  options: OptionsSource<TwilioWebhookOptions<S>, Env> = {},
): MiddlewareHandler<{ Variables: TwilioVariables<S> }> {
  const paths = createPathGuard<Env>(options, webSocketOptions)
  const guard = createSocketGuard<Env>(paths.verifierOptions)
  return async (c, next) => {
    const incoming = findIncoming(c)
    const address = findAddress(c.req.raw, { raw: incoming?.url, fields: incoming?.headers })
    const env = c.env as Env
    if (!paths.guards(address, () => [c.req.url, c.req.path, cutPrefix(c.req)], env)) return next()
    const outcome = await guard.check(() => readRequest(c, address), c, env)
    if (outcome.webhook === undefined)
      return c.body(outcome.answer.body, outcome.answer.status as ContentfulStatusCode, outcome.answer.headers)
    c.set('twilio', outcome.webhook as Webhook<S>)
    const { outgoing }: NodeBindings = Object(c.env)
    if (outgoing === undefined) return runWork(outcome, next, () => c.res.status, c.req.raw)
    // The signal of the Request aborts only for the answer that owns the connection.
    node.settleWhenAnswered(outgoing, outcome)
    return next()
  }
}

/** Returns the path below the mount of this middleware, as in a sub-app of `app.route()`. */
function cutPrefix({ path, routePath }: HonoRequest): string {
  const depth = routePath.split('/').filter((segment) => segment !== '' && segment !== '*').length
  return dropSegments(path, depth)
}

type IncomingMessage = Parameters<typeof node.isHandshake>[0]

/** What @hono/node-server puts into `c.env`. A handshake has no `outgoing`. */
interface NodeBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: Parameters<typeof node.settleWhenAnswered>[0]
}

/** Returns the request of Node.js, which @hono/node-server puts into `c.env`. */
function findIncoming(c: Context): IncomingMessage | undefined {
  const { incoming }: NodeBindings = Object(c.env)
  return incoming
}

function readRequest(c: Context, url: string): IncomingRequest {
  const incoming = findIncoming(c)
  const viewed = incoming && !isUsed(c.req.raw) ? readViewed(c.req.raw, incoming) : undefined
  if (incoming && viewed) return node.toIncomingRequest(incoming, url, viewed)
  const remoteAddress = incoming?.socket?.remoteAddress ?? readPeerAddress(c.req.raw, c.env)
  const request = toIncomingRequest(c.req.raw)
  // On Node.js, the scheme of the Request may come from an absolute target, so the socket decides.
  const encrypted = incoming ? Object(incoming.socket).encrypted === true : request.encrypted
  const handshake = incoming && node.isHandshake(incoming)
  const body = findBody(c.req, incoming, request.body)
  return { ...request, url, encrypted, remoteAddress, handshake, body }
}

function findBody(
  req: HonoRequest,
  incoming: IncomingMessage | undefined,
  body: IncomingRequest['body'],
): IncomingRequest['body'] {
  if (isUsed(req.raw)) return findKept(req)
  return incoming !== undefined && node.isSpent(incoming) ? readLeft(body) : body
}

/**
 * Reads the body of a request of Node.js that was read before. `c.req.raw` may have kept it, for
 * example in a clone. Otherwise it shows an empty body, which is refused.
 */
async function* readLeft(body: IncomingRequest['body']): AsyncGenerator<Uint8Array> {
  let isLost = true
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    isLost = false
    yield chunk
  }
  if (isLost) throw consumed
}

/** Returns the bytes that `c.req` kept when it read the body. A body of length 0 has none. */
function findKept({ bodyCache, raw }: HonoRequest): IncomingRequest['body'] {
  const kept = bodyCache.arrayBuffer ?? bodyCache.text ?? bodyCache.blob
  if (kept !== undefined) return readKept(kept)
  if (raw.headers.get('content-length') === '0') return undefined
  return consumed
}

const consumed: BodyConsumed = {
  consumedBy: 'c.req.formData(), c.req.raw or c.env.incoming, before twilioWebhook',
  fix: 'Put twilioWebhook first, or read the body with c.req.text() or arrayBuffer() (from Hono 4.13, also with parseBody(), from 4.8.4 with json()).',
}

async function* readKept(kept: string | ArrayBuffer | Blob): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await new Response(await kept).arrayBuffer())
}
