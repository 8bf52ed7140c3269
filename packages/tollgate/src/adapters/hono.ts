import type { Context, HonoRequest, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { BodyConsumed, IncomingRequest, Mode, Webhook } from '../index.ts'
import type { OptionsFor, OptionsSource } from './shared/guard.ts'
import * as node from './shared/node.ts'
import { createPathGuard, dropSegments, type PathOptions } from './shared/path-guard.ts'
import { releaseUnlessAnswered, toIncomingRequest } from './shared/web.ts'
import { createSocketGuard, type WebSocketOptions } from './shared/web-socket.ts'

export type HonoOptions<M extends Mode = Mode> = OptionsFor<M> & PathOptions & WebSocketOptions

/** What `c.var` holds behind `twilioWebhook`. */
export interface TwilioVariables<M extends Mode = 'enforce'> {
  twilio: Webhook<M>
}

/**
 * Middleware for Hono 4: what does not verify is answered and goes no further. The webhook is in `c.var.twilio`, and the request's
 * body is still there to be read. An options function is given `c.env`. Before `upgradeWebSocket` it needs the option
 * `webSocket: true`, on Node.js too: @hono/node-server runs whichever route an upgrade names.
 */
// biome-ignore lint/suspicious/noExplicitAny: an options function may type the platform's env as it likes
export function twilioWebhook<M extends Mode = 'enforce', Env = any>(
  options: OptionsSource<HonoOptions<M>, Env>,
): MiddlewareHandler<{ Variables: TwilioVariables<M> }> {
  let env: Env
  const paths = createPathGuard(typeof options === 'function' ? () => options(env) : options)
  const guard = createSocketGuard(paths.verifierOptions)
  return async (c, next) => {
    const target = findPlatform(c).incoming?.url ?? c.req.url
    if (!paths.guards([target, c.req.url, cutPrefix(c.req)])) return next()
    // The options are made, if they have to be, before `check` first waits.
    env = c.env as Env
    const source = findSource(c)
    const outcome = await guard.check(() => readRequest(c, target, source), c)
    if (outcome.webhook === undefined)
      return c.body(outcome.answer.body, outcome.answer.status as ContentfulStatusCode, outcome.answer.headers)
    if (source !== undefined) keepBody(source, outcome.webhook)
    c.set('twilio', outcome.webhook as Webhook<M>)
    return releaseUnlessAnswered(outcome, c.req.raw, next, () => c.res.status)
  }
}

/** The path below the one that this middleware is used at, as in a sub-app of `app.route()`. */
function cutPrefix({ path, routePath }: HonoRequest): string {
  const depth = routePath.split('/').filter((segment) => segment !== '' && segment !== '*').length
  return dropSegments(path, depth)
}

/** A request of Node.js. `rawBody` is where @hono/node-server looks first, since Cloud Functions have it there. */
type Source = Parameters<typeof node.readChunks>[0] & { rawBody?: unknown }

/** What runtimes put into `c.env`: Node.js its request, Deno the connection, Bun its server. */
interface Platform {
  readonly incoming?: Source
  readonly remoteAddr?: { readonly hostname?: string }
  requestIP?(request: Request): { readonly address?: string } | null
}

function findPlatform(c: Context): Platform {
  return Object(c.env)
}

/**
 * The request of Node.js, where nothing has read it and `c.req.raw` is only a view of it: its bytes are at hand there, and a web
 * Request and its clone take longer to make than all the rest.
 */
function findSource(c: Context): Source | undefined {
  const { incoming } = findPlatform(c)
  if (incoming?.readableDidRead !== false || incoming.listenerCount('data') > 0 || 'rawBody' in incoming)
    return undefined
  // Somebody may have put another Request there, whose body would not be the one that was verified.
  const { raw } = c.req
  const isView = Object.getOwnPropertySymbols(raw).some((key) => Reflect.get(raw, key) === incoming)
  return isView ? incoming : undefined
}

/** What `c.req` and `c.req.raw` give, now that the stream is spent. */
function keepBody(source: Source, { body }: Webhook<Mode>): void {
  source.rawBody = Buffer.from(body)
}

function readRequest(c: Context, url: string, source: Source | undefined): IncomingRequest {
  const platform = findPlatform(c)
  const { incoming, remoteAddr } = platform
  if (source !== undefined) return node.toIncomingRequest(source, url, node.readChunks(source))
  const peer = incoming?.socket?.remoteAddress ?? remoteAddr?.hostname
  const remoteAddress =
    peer ?? (typeof platform.requestIP === 'function' ? platform.requestIP(c.req.raw)?.address : undefined)
  const request = toIncomingRequest(c.req.raw)
  // On Node.js an absolute target chooses the scheme of the Request: only the socket knows.
  const encrypted = incoming ? Object(incoming.socket).encrypted === true : request.encrypted
  const handshake = incoming && node.isHandshake(incoming)
  const body = findBody(c.req, incoming, request.body)
  return { ...request, url, encrypted, remoteAddress, handshake, body }
}

function findBody(
  req: HonoRequest,
  incoming: Source | undefined,
  body: IncomingRequest['body'],
): IncomingRequest['body'] {
  if (req.raw.bodyUsed) return findKept(req)
  return incoming !== undefined && node.isSpent(incoming) ? readLeft(body) : body
}

/** Of a request of Node.js that was read, a clone of `c.req.raw` may have kept the body; otherwise a Request shows an empty one. */
async function* readLeft(body: IncomingRequest['body']): AsyncGenerator<Uint8Array> {
  let isLost = true
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    isLost = false
    yield chunk
  }
  if (isLost) throw consumed
}

/** The bytes that `c.req` keeps of a body it has read; of one that is declared empty there are none. */
function findKept({ bodyCache, raw }: HonoRequest): IncomingRequest['body'] {
  const kept = bodyCache.arrayBuffer ?? bodyCache.text ?? bodyCache.blob
  if (kept !== undefined) return readKept(kept)
  if (raw.headers.get('content-length') === '0') return undefined
  return consumed
}

const consumed: BodyConsumed = {
  consumedBy: 'c.req.formData(), c.req.raw or c.env.incoming, before twilioWebhook',
  fix: 'Put twilioWebhook first, or read the body with c.req.parseBody(), json(), text() or arrayBuffer().',
}

async function* readKept(kept: string | ArrayBuffer | Blob): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await new Response(await kept).arrayBuffer())
}
