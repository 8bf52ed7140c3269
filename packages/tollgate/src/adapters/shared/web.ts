import type { IncomingRequest } from '../../index.ts'
import type { FullAnswer } from './answer.ts'
import type { Passed } from './guard.ts'

/** What `verify` needs of a web Request. The body is read from a clone, so that the handler can still read the request's own. */
export function toIncomingRequest(
  request: Request,
  connection: Pick<IncomingRequest, 'remoteAddress'> = {},
): IncomingRequest {
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: findBody(request),
    encrypted: request.url.startsWith('https:'),
    ...connection,
  }
}

function findBody(request: Request): IncomingRequest['body'] {
  // Asked first: the clone of a used body may look empty instead of being refused.
  if (request.bodyUsed && request.headers.get('content-length') !== '0')
    return {
      consumedBy: 'something that read the Request before',
      fix: 'Let twilioWebhook be the first to read it, or give it a clone.',
    }
  return request.bodyUsed || request.body === null ? undefined : readChunks(request)
}

async function* readChunks(request: Request): AsyncGenerator<Uint8Array> {
  // Not before it is read: cloning fails for methods that are refused anyway, such as TRACE.
  const reader = request.clone().body?.getReader()
  if (reader === undefined) return
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
  } finally {
    // Of a clone: the other branch keeps its own end. Never awaited, since it settles only when both are done.
    reader.cancel().catch(() => undefined)
  }
}

export function toResponse(answer: FullAnswer): Response {
  return new Response(answer.body, { status: answer.status, headers: answer.headers })
}

/** Tells the replay guard when the work failed: a throw, 401 (Twilio repeats with credentials) or 5xx. */
export async function releaseOnFailure<R>(
  { webhook, isReserved }: Passed,
  work: () => R | Promise<R>,
  statusOf: (result: R) => number | undefined,
): Promise<R> {
  if (!isReserved || !webhook.ok) return work()
  let status: number | undefined = 500
  try {
    const result = await work()
    status = statusOf(result) ?? 200
    return result
  } finally {
    if (status === 401 || status >= 500) webhook.release().catch(() => undefined)
  }
}

/**
 * The same, and for a client that is gone before the answer; afterwards the signal tells nothing (Deno's always aborts). It is
 * asked for only where somebody has to hear: making one costs more than the check.
 */
export async function releaseUnlessAnswered<R>(
  passed: Passed,
  request: Request,
  work: () => R | Promise<R>,
  statusOf: (result: R) => number | undefined,
): Promise<R> {
  const { webhook, isReserved } = passed
  if (!isReserved || !webhook.ok) return work()
  const onAbort = (): void => void webhook.release().catch(() => undefined)
  const { signal } = request
  // It may have gone while the check waited.
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  try {
    return await releaseOnFailure(passed, work, statusOf)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
