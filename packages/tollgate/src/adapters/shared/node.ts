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
  return {
    method: req.method ?? '',
    url: url ?? '',
    headers: req.headers,
    body,
    encrypted: 'encrypted' in req.socket && req.socket.encrypted === true,
    remoteAddress: req.socket.remoteAddress,
  }
}

/** The body of a request whose stream may have been read already. */
export function readableBody(req: IncomingMessage, fix: string): IncomingRequest['body'] {
  if (!req.readableDidRead) return readChunks(req)
  // RFC 9112 section 6.3: without either header there was nothing to read.
  if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined) return undefined
  const consumed: BodyConsumed = { consumedBy: 'something that ran before (a body parser?)', fix }
  return consumed
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
