import type { BodyConsumed, IncomingRequest } from '../../index.ts'
import type { FullAnswer } from './answer.ts'
import type { Passed } from './guard.ts'
import { readViewed } from './node-view.ts'
import { findAddress } from './routed.ts'
import { settle } from './settle.ts'

/**
 * Reads a web Request for the verifier. The handler can still read the request.
 * @param remoteAddress The address of the peer, if the platform gives it.
 * @param advice Ends the fix for a request whose body was read before.
 * @throws TypeError for what another adapter takes.
 */
export function toIncomingRequest(request: Request, remoteAddress?: string, advice?: string): IncomingRequest {
  if (isForeign(Object(request))) throw new TypeError(needsRequest)
  try {
    return {
      method: request.method,
      url: findAddress(request),
      headers: request.headers,
      body: findBody(request, advice === undefined ? consumed : { ...consumed, fix: `${consumed.fix} ${advice}` }),
      encrypted: request.url.startsWith('https:'),
      remoteAddress,
    }
  } catch {
    // Some servers make the Request at the first access, which fails for a Host such as `a@b`. The
    // core refuses what has no address.
    return { method: 'POST', url: '', headers: {} }
  }
}

const needsRequest =
  'This twilioWebhook needs a web Request, and got something else: import it from the entry of your framework, such as "tollgate/express", "tollgate/hono" or "tollgate/node"'

/**
 * Recognises the request of Node.js, the context of Koa or Hono and the event of Lambda, which only a
 * developer's mistake brings here. Reads no property: of a Request, that may throw.
 */
function isForeign(request: object): boolean {
  return !('headers' in request) || ['rawHeaders', 'res', 'requestContext'].some((name) => name in request)
}

const consumed: BodyConsumed = {
  consumedBy: 'something that read the Request before',
  fix: 'Let twilioWebhook be the first to read it, or give it a clone that was made before.',
}

/**
 * Finds the body of a web Request.
 * @param consumed The explanation for a request whose body was read before.
 * @returns the chunks of the request that it is a view of, or of a clone, which is made at the first
 *   chunk
 */
export function findBody(request: Request, consumed: BodyConsumed): IncomingRequest['body'] {
  // This is checked first, because the clone of a used body may look empty.
  if (!isUsed(request)) return readViewed(request) ?? readClone(request)
  return request.headers.get('content-length') === '0' ? undefined : consumed
}

/**
 * Returns true if something has read the body. The srvx of Nitro 3.0 and @hono/node-server 1 make
 * the Request at the first access. That fails for a TRACE or a hostile Host, and then nothing has
 * read it.
 */
export function isUsed(request: Request): boolean {
  try {
    return request.bodyUsed
  } catch {
    return false
  }
}

/** Clones late: a TRACE cannot be cloned, and the verifier refuses it before it reads the body. */
async function* readClone(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return
  const reader = request.clone().body?.getReader()
  if (reader === undefined) return
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
  } finally {
    // This is not awaited: it settles only when the other branch of the clone is done too.
    reader.cancel().catch(() => undefined)
  }
}

/** The argument that runtimes pass beside a Request: Deno's info or Bun's server. */
interface Platform {
  readonly remoteAddr?: { readonly hostname?: unknown }
  requestIP?(request: Request): { readonly address?: unknown } | null
}

/**
 * Reads the address of the peer from what the runtime passes beside the Request.
 * @param platform Deno's `info`, Bun's server, or anything else, which has no address.
 */
export function readPeerAddress(request: Request, platform: unknown): string | undefined {
  const { remoteAddr, requestIP }: Platform = Object(platform)
  const address =
    remoteAddr?.hostname ?? (typeof requestIP === 'function' ? requestIP.call(platform, request)?.address : undefined)
  return typeof address === 'string' ? address : undefined
}

/** Makes a web Response of an answer. */
export function toResponse(answer: FullAnswer): Response {
  return new Response(answer.body, { status: answer.status, headers: answer.headers })
}

/**
 * Runs the application's work, and reports how it ended: the reservation is confirmed, or released
 * if the work throws or its answer means a failure.
 * @param statusOf Reads the status of a result. `undefined` counts as 200.
 * @param request Give it if its signal shows that the client left before the answer. That releases
 *   the reservation too.
 */
export async function runWork<R>(
  { reserved }: Passed,
  work: () => R | Promise<R>,
  statusOf: (result: R) => number | undefined,
  request?: Pick<Request, 'signal'>,
): Promise<R> {
  if (reserved === undefined) return work()
  const onAbort = (): void => void settle(reserved, undefined)
  // Read only here: the runtime makes the signal at the first access, which costs more than a
  // check.
  const signal = request?.signal
  // The client may have left during the check.
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort)
  let status: number | undefined
  try {
    const result = await work()
    status = statusOf(result) ?? 200
    return result
  } finally {
    // After the answer an abort means nothing: Deno aborts the signal of every request.
    signal?.removeEventListener('abort', onAbort)
    // Awaited, because some platforms stop the process as soon as they have the answer.
    await settle(reserved, status)
  }
}
