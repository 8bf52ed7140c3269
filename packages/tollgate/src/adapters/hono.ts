import type { Context, HonoRequest, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { IncomingRequest, Mode, Webhook } from '../index.ts'
import { createGuard, type OptionsFor, type OptionsSource } from './shared/guard.ts'
import { createPathGuard, dropSegments, type PathOptions } from './shared/path-guard.ts'
import { releaseUnlessAnswered, toIncomingRequest } from './shared/web.ts'

export type HonoOptions<M extends Mode = Mode> = OptionsFor<M> & PathOptions

/** What `c.var` holds behind `twilioWebhook`. */
export interface TwilioVariables<M extends Mode = 'enforce'> {
  twilio: Webhook<M>
}

/**
 * Middleware for Hono 4: what does not verify is answered and goes no further. The webhook is in `c.var.twilio`, and the request's
 * body is still there to be read. An options function is given `c.env`.
 */
// biome-ignore lint/suspicious/noExplicitAny: an options function may type the platform's env as it likes
export function twilioWebhook<M extends Mode = 'enforce', Env = any>(
  options: OptionsSource<HonoOptions<M>, Env>,
): MiddlewareHandler<{ Variables: TwilioVariables<M> }> {
  let env: Env
  const paths = createPathGuard(typeof options === 'function' ? () => options(env) : options)
  const guard = createGuard(paths.verifierOptions)
  return async (c, next) => {
    const target = findPlatform(c).incoming?.url ?? c.req.url
    if (!paths.guards([target, c.req.url, cutPrefix(c.req)])) return next()
    // The options are made, if they have to be, before `check` first waits.
    env = c.env as Env
    const outcome = await guard.check(() => readRequest(c, target), c)
    if (outcome.webhook === undefined)
      return c.body(outcome.answer.body, outcome.answer.status as ContentfulStatusCode, outcome.answer.headers)
    c.set('twilio', outcome.webhook as Webhook<M>)
    return releaseUnlessAnswered(outcome, c.req.raw, next, () => c.res.status)
  }
}

/** The path below the one that this middleware is used at, as in a sub-app of `app.route()`. */
function cutPrefix({ path, routePath }: HonoRequest): string {
  const depth = routePath.split('/').filter((segment) => segment !== '' && segment !== '*').length
  return dropSegments(path, depth)
}

/** What runtimes put into `c.env`: Node.js its request, Deno the connection, Bun its server. */
interface Platform {
  readonly incoming?: { readonly url?: string; readonly socket?: { remoteAddress?: string; encrypted?: boolean } }
  readonly remoteAddr?: { readonly hostname?: string }
  requestIP?(request: Request): { readonly address?: string } | null
}

function findPlatform(c: Context): Platform {
  return Object(c.env)
}

function readRequest(c: Context, url: string): IncomingRequest {
  const platform = findPlatform(c)
  const { incoming, remoteAddr } = platform
  const peer = incoming?.socket?.remoteAddress ?? remoteAddr?.hostname
  const remoteAddress =
    peer ?? (typeof platform.requestIP === 'function' ? platform.requestIP(c.req.raw)?.address : undefined)
  const request = toIncomingRequest(c.req.raw)
  // On Node.js an absolute target chooses the scheme of the Request: only the socket knows.
  const encrypted = incoming ? incoming.socket?.encrypted === true : request.encrypted
  return { ...request, url, encrypted, remoteAddress, ...(c.req.raw.bodyUsed && { body: findKept(c.req) }) }
}

/** The bytes that `c.req` keeps of a body it has read; of one that is declared empty there are none. */
function findKept({ bodyCache, raw }: HonoRequest): IncomingRequest['body'] {
  const kept = bodyCache.arrayBuffer ?? bodyCache.text ?? bodyCache.blob
  if (kept !== undefined) return readKept(kept)
  if (raw.headers.get('content-length') === '0') return undefined
  return {
    consumedBy: 'c.req.formData() or c.req.raw, before twilioWebhook',
    fix: 'Put twilioWebhook first, or read the body with c.req.parseBody(), json(), text() or arrayBuffer().',
  }
}

async function* readKept(kept: string | ArrayBuffer | Blob): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await new Response(await kept).arrayBuffer())
}
