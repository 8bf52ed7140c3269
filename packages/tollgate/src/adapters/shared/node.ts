import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyConsumed, IncomingRequest, PushedBody } from '../../index.ts'
import type { FullAnswer } from './answer.ts'
import type { Passed } from './guard.ts'

/** What `verify` needs of a Node.js request. */
export function toIncomingRequest(
  req: IncomingMessage,
  url: string | undefined,
  body: IncomingRequest['body'],
): IncomingRequest {
  const handshake = isHandshake(req)
  return {
    method: req.method ?? '',
    url: url ?? '',
    headers: req.headers,
    // Behind a handshake comes the stream, which does not end.
    body: handshake ? undefined : body,
    handshake,
    encrypted: 'encrypted' in req.socket && req.socket.encrypted === true,
    remoteAddress: req.socket.remoteAddress,
  }
}

/** `node:http` sets `upgrade` for its `upgrade` event, and `node:http2` gives a CONNECT to its `connect` event, never to a handler. */
export function isHandshake(req: IncomingMessage & { readonly upgrade?: boolean }): boolean {
  return req.upgrade === true || (req.httpVersionMajor === 2 && req.method === 'CONNECT')
}

/**
 * The body of a request: the bytes that something kept, or the stream where nothing has read it.
 * @param sources where the framework, a parser or the host may have put the body: bytes or text as it arrived, or what they parsed
 */
export function findBody(
  req: IncomingMessage,
  sources: readonly unknown[],
  consumed: BodyConsumed,
): IncomingRequest['body'] {
  for (const source of sources)
    if (typeof source === 'string' || ArrayBuffer.isView(source)) return source as Uint8Array
  // Hosts without a server set a parsed body and no stream. A parser that skipped the body leaves an empty object and the stream.
  const isParsed = sources.some((source) => typeof source === 'object' && Object.keys(Object(source)).length > 0)
  if (isParsed || isSpent(req)) return consumed
  return req.readableDidRead ? undefined : readChunks(req)
}

/** Whether a body was read from the stream, so that an empty stream is no empty body. */
export function isSpent(req: IncomingMessage & { readonly stream?: { readonly endAfterHeaders?: boolean } }): boolean {
  if (!req.readableDidRead) return false
  // HTTP/2 declares no body in its head (RFC 9113 section 8.1); HTTP/1 does in one of these fields (RFC 9112 section 6.3).
  if (req.httpVersionMajor >= 2) return req.stream?.endAfterHeaders !== true
  return req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined
}

/**
 * The chunks of a request as they arrive. Stopping pauses the stream and keeps the connection, since the answer still has to go out
 * on it; Node's own iterator would destroy it. An aborted upload is not whole.
 */
export function readChunks(req: IncomingMessage): PushedBody {
  return {
    listen(onChunk, onEnd) {
      const isOver = req.readableEnded || req.destroyed
      if (isOver) onEnd(req.readableEnded)
      const onWhole = (): void => finish(true)
      const onBreak = (): void => finish(false)
      // `error` keeps its listener: a connection that breaks later must not become an uncaught exception.
      const unlisten = (): unknown => req.off('data', onChunk).off('end', onWhole).off('close', onBreak)
      const finish = (isWhole: boolean): void => {
        unlisten()
        onEnd(isWhole)
      }
      if (!isOver) req.on('data', onChunk).on('end', onWhole).on('error', onBreak).on('close', onBreak)
      return () => {
        unlisten()
        req.pause()
      }
    },
  }
}

export function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: FullAnswer): void {
  if (res.headersSent || res.destroyed) return
  res.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value)
  // What is left of a body that was refused is not worth reading for the sake of the connection.
  if (!req.complete && req.httpVersionMajor === 1) res.setHeader('connection', 'close')
  res.end(answer.body)
}

/** Tells the replay guard when the work failed: 401 (Twilio repeats with credentials), 5xx, or no whole answer at all. */
export function releaseOnFailure(res: ServerResponse, { webhook, isReserved }: Passed): void {
  if (!isReserved || !webhook.ok) return
  const onClose = (): void => {
    if (!res.writableFinished || res.statusCode === 401 || res.statusCode >= 500)
      webhook.release().catch(() => undefined)
  }
  // The client may have gone while the check waited.
  if (res.destroyed) onClose()
  else res.once('close', onClose)
}
