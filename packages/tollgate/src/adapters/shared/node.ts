import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { readOption } from '../../checks/options.ts'
import type { AnyWebhook, BodyConsumed, IncomingRequest } from '../../index.ts'
import type { FullAnswer } from './answer.ts'
import type { Passed } from './guard.ts'
import { readChunks } from './node-view.ts'
import { findTarget } from './routed.ts'
import { settle } from './settle.ts'

/**
 * Reads a Node.js request for the verifier.
 * @param url The target as the client sent it. Frameworks change `req.url` below a mount.
 * @param body The result of `findBody`.
 */
export function toIncomingRequest(
  req: IncomingMessage,
  url: string | undefined,
  body: IncomingRequest['body'],
): IncomingRequest {
  const handshake = isHandshake(req)
  // A request that a test library made may have no socket.
  const { encrypted, remoteAddress }: Partial<TLSSocket> = Object(req.socket)
  return {
    method: req.method ?? '',
    url: findTarget(url),
    headers: keepContentTypes(req),
    // The WebSocket follows a handshake. It is not a body, and it does not end.
    body: handshake ? undefined : body,
    handshake,
    encrypted: encrypted === true,
    remoteAddress,
  }
}

/**
 * Returns the headers with every Content-Type. Node.js keeps only the first, but a web Request of
 * the same request has all of them, and its form parser uses the last one. The verifier refuses
 * several.
 */
function keepContentTypes({ headers, rawHeaders }: IncomingMessage): IncomingRequest['headers'] {
  const types: string[] = []
  // A request that a test library made may have no raw headers. The length decides first, because
  // this runs for every request.
  for (let index = 0; index < (rawHeaders?.length ?? 0); index += 2)
    if (rawHeaders[index]?.length === 12 && rawHeaders[index]?.toLowerCase() === 'content-type')
      types.push(rawHeaders[index + 1] ?? '')
  return types.length > 1 ? { ...headers, 'content-type': types } : headers
}

/**
 * Returns true for a request that the server upgrades. `node:http` then sets `upgrade`.
 * `node:http2` gives a CONNECT only to its `connect` event, never to a request listener.
 */
export function isHandshake(req: IncomingMessage & { readonly upgrade?: boolean }): boolean {
  return req.upgrade === true || (req.httpVersionMajor === 2 && req.method === 'CONNECT')
}

/** An object where a parser, the framework or the host may have left the body. */
export interface BodyHolder {
  /** Bytes or text as they arrived. */
  readonly rawBody?: unknown
  /** Bytes, text or the result of a parser. */
  readonly body?: unknown
}

/**
 * Finds the body of a request: bytes or text that were kept, or else the unread stream.
 * @param holders The objects where the body may be. All `rawBody` come before all `body`.
 * @param consumed The explanation for a body that was read and not kept.
 * @param verified The webhook, if another guard has verified this request already.
 */
export function findBody(
  req: IncomingMessage,
  holders: readonly BodyHolder[],
  consumed: BodyConsumed,
  verified?: AnyWebhook,
): IncomingRequest['body'] {
  const sources = listSources(holders, verified)
  for (const source of sources)
    if (typeof source === 'string' || ArrayBuffer.isView(source)) return source as Uint8Array
  // Hosts without a server set a parsed body and no stream. A parser that skipped the body leaves
  // an empty object and the stream.
  const isParsed = sources.some((source) => typeof source === 'object' && Object.keys(Object(source)).length > 0)
  if (isParsed || isSpent(req)) return consumed
  // A request that a test library made is not a stream, and does not end.
  const isEmpty = req.readableDidRead || (req.readableEnded === undefined && !declaresBody(req))
  return isEmpty ? undefined : readChunks(req)
}

/** Most requests have none of them, so that a list would be wasted. */
function listSources(holders: readonly BodyHolder[], verified: AnyWebhook | undefined): readonly unknown[] {
  if (verified === undefined && holders.every(isBare)) return none
  return [verified?.body, ...holders.map(readRawBody), ...holders.map(readParsedBody)]
}

const none: readonly unknown[] = []

function isBare({ rawBody, body }: BodyHolder): boolean {
  return rawBody === undefined && body === undefined
}

// Each has its own lookup by name. One that searches for any name takes as long as half of an HMAC,
// because most holders have neither.
function readRawBody(holder: BodyHolder): unknown {
  return holder.rawBody === undefined ? undefined : readOption(holder, 'rawBody')
}

function readParsedBody(holder: BodyHolder): unknown {
  return holder.body === undefined ? undefined : readOption(holder, 'body')
}

/** Returns true if something has read a body from the stream, so that its rest is not the body. */
export function isSpent(req: IncomingMessage & { readonly stream?: { readonly endAfterHeaders?: boolean } }): boolean {
  if (!req.readableDidRead) return false
  // HTTP/2 does not declare a body in its header fields (RFC 9113 section 8.1).
  return req.httpVersionMajor >= 2 ? req.stream?.endAfterHeaders !== true : declaresBody(req)
}

/** HTTP/1 declares a body in one of these fields (RFC 9112 section 6.3). */
function declaresBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/**
 * True if no parser has set a body. Some parsers leave `{}` for a body that they do not read, such
 * as `express.json()` of Express 4 for a form. `isRead` is false if the guard did not read the
 * stream.
 */
export function isUnset(body: unknown, isRead: boolean): boolean {
  return body === undefined || (isRead && isEmptyObject(body))
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
}

/**
 * Returns the body of a webhook as a parser would leave it: the JSON value, or the parameters as an
 * object. `undefined` if the JSON is malformed, or if the scheme has no parameters.
 */
export function parseBody(req: IncomingMessage, webhook: AnyWebhook): unknown {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(req.headers['content-type'] ?? '')) return webhook.params?.toObject()
  try {
    return webhook.json()
  } catch {
    return undefined
  }
}

/** Sends an answer, unless another was sent. */
export function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: FullAnswer): void {
  if (res.headersSent || res.destroyed) return
  res.statusCode = answer.status
  for (const [name, value] of Object.entries(listHeaders(req, answer))) res.setHeader(name, value)
  res.end(answer.body)
}

/**
 * Lists the header fields of an answer. If the request was refused before its body had arrived, the
 * connection is closed, because the rest of the body is not worth reading.
 */
export function listHeaders(req: IncomingMessage, { headers }: FullAnswer): Record<string, string> {
  return { ...headers, ...(!req.complete && req.httpVersionMajor === 1 && { connection: 'close' }) }
}

/**
 * Confirms the reservation when the answer was sent. Releases it if the answer means a failure, or
 * does not get through completely.
 */
export function settleWhenAnswered(res: ServerResponse, { reserved }: Passed): void {
  if (reserved !== undefined)
    followAnswer(res, (isWhole) => void settle(reserved, isWhole ? res.statusCode : undefined))
}

/** HTTP/2 gives an answer its stream. The code is 0 unless one side broke it off. */
type EitherResponse = ServerResponse & { readonly stream?: { readonly rstCode?: number | undefined } }

/** The ends of the answers that a connection waits for. */
const pending = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `onEnd` once: when an answer was sent, or when its connection closed before that. With
 * pipelining, an answer of HTTP/1 waits for the earlier ones. Node.js emits nothing on it if the
 * connection closes then, so the connection is followed too, with one listener for all its answers.
 * @param onEnd Gets true if all bytes of the answer were given to the operating system.
 */
function followAnswer(res: EitherResponse, onEnd: (isWhole: boolean) => void): void {
  const socket = findSocket(res)
  const ends = socket && findEnds(socket)
  const end = (isFinished = res.writableFinished): void => {
    res.off('close', onClose).off('finish', onFinish)
    ends?.delete(onClose)
    // Node.js also finishes an answer whose bytes were lost with the connection or the stream.
    onEnd(isFinished && socket?.destroyed !== true && !res.stream?.rstCode)
  }
  const onClose = (): void => end()
  const onFinish = (): void => end(true)
  // The client may have left during the check.
  if (res.destroyed || socket?.destroyed) {
    end()
    return
  }
  res.once('close', onClose)
  ends?.add(onClose)
  // An answer without a connection, as serverless-http and `inject` of Fastify make it, is never
  // `writableFinished`, and may emit no `close`. HTTP/2 emits `finish` for a broken stream too.
  // The listener is the first, because serverless-http emits `close` in its own. The mocks of
  // node-mocks-http have no `prependOnceListener`.
  if (res.stream === undefined) res.prependListener('finish', onFinish)
}

/**
 * Returns the connection of an answer. A waiting answer has none, but its request has. Streams of
 * HTTP/2 end on their own. A request that a test library made may have no connection.
 */
function findSocket({ req }: Partial<ServerResponse>): Socket | undefined {
  return req?.httpVersionMajor === 1 && typeof Object(req.socket).once === 'function' ? req.socket : undefined
}

function findEnds(socket: Socket): Set<() => void> {
  const known = pending.get(socket)
  if (known !== undefined) return known
  const ends = new Set<() => void>()
  pending.set(socket, ends)
  socket.once('close', () => {
    for (const end of ends) end()
  })
  return ends
}
