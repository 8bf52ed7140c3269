import { hasMethod } from '../../checks/options.ts'
import type { IncomingRequest, PushedBody } from '../../index.ts'

/** The part of a request of Node.js that is read. It has no types of Node.js, for other runtimes. */
export interface NodeStream {
  readonly readableEnded: boolean
  readonly destroyed: boolean
  on(event: string, listener: (chunk: Uint8Array) => void): this
  off(event: string, listener: (chunk: Uint8Array) => void): this
  pause(): unknown
  resume?(): unknown
}

/**
 * Reads the chunks of a request as they arrive. To stop pauses the stream and keeps the connection
 * open for the answer; Node.js's own iterator would destroy it. An upload that breaks off is not
 * whole.
 */
export function readChunks(req: NodeStream): PushedBody {
  return {
    listen(onChunk, onEnd) {
      const isOver = req.readableEnded || req.destroyed
      if (isOver) onEnd(req.readableEnded)
      const onWhole = (): void => finish(true)
      const onBreak = (): void => finish(false)
      // `error` keeps its listener: if the connection breaks later, the error must not be uncaught.
      const unlisten = (): unknown => req.off('data', onChunk).off('end', onWhole).off('close', onBreak)
      const finish = (isWhole: boolean): void => {
        unlisten()
        onEnd(isWhole)
      }
      if (!isOver) req.on('data', onChunk).on('end', onWhole).on('error', onBreak).on('close', onBreak)
      // A listener does not resume a stream that earlier middleware paused, for example to wait for
      // a session. A request that a test library made may have no `resume`.
      if (!isOver) req.resume?.()
      return () => {
        unlisten()
        req.pause()
      }
    },
  }
}

/** A request of Node.js, of which a web Request is a view. */
interface ViewedRequest extends NodeStream {
  readonly readableDidRead?: boolean
  readonly readableEncoding?: string | null
  readonly httpVersionMajor?: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly upgrade?: boolean
  listenerCount(event: string): number
  /** If a server sets this, the view takes the body from here, and not from the stream. */
  rawBody?: unknown
}

/** The longest body in bytes that is read so. A Request with a longer one is cloned. */
const mostBytes = 1_048_576

/**
 * Shows each chunk of a body while it is read.
 * @returns the body itself if it does not arrive in chunks
 */
export function watchChunks(
  body: IncomingRequest['body'],
  watch: (chunk: Uint8Array) => void,
): IncomingRequest['body'] {
  if (!hasMethod(body, 'listen')) return body
  return {
    listen: (onChunk, onEnd) =>
      (body as PushedBody).listen((chunk) => {
        watch(chunk)
        onChunk(chunk)
      }, onEnd),
  }
}

/**
 * Reads a web Request that is a view of a request of Node.js, once: a clone would cost more than the
 * whole check. The view then has the same bytes for the handler.
 * @param source The request of Node.js that it must be a view of. Default: any.
 * @returns `undefined` for a Request that is no view, that something has read, or whose body has no
 *   declared length
 */
export function readViewed(request: Request, source?: unknown): PushedBody | undefined {
  const incoming = findInHono(request) ?? findInSrvx(request)
  if (incoming === undefined || incoming !== (source ?? incoming) || isTouched(incoming)) return undefined
  // Only HTTP/1 without this field has no body (RFC 9112 section 6.3).
  const length = incoming.headers['content-length'] ?? (incoming.httpVersionMajor === 1 ? '0' : undefined)
  if (typeof length !== 'string' || !/^\d{1,7}$/.test(length) || Number(length) > mostBytes) return undefined
  return 'transfer-encoding' in incoming.headers ? undefined : readAndKeep(incoming, Number(length))
}

/**
 * Returns true if something has read the stream, waits for its chunks or has them decoded. The
 * stream of a handshake is the WebSocket.
 */
function isTouched(incoming: ViewedRequest): boolean {
  if (incoming.upgrade === true) return true
  if (incoming.readableDidRead !== false || incoming.readableEncoding) return true
  return incoming.listenerCount('data') > 0 || incoming.rawBody !== undefined
}

/** Keeps only what arrives: a stranger may declare a long body, and send none. */
function readAndKeep(incoming: ViewedRequest, length: number): PushedBody {
  const chunks: Uint8Array[] = []
  let read = 0
  return {
    listen(onChunk, onEnd) {
      const keep = (chunk: Uint8Array): void => {
        read += chunk.length
        if (read <= length) chunks.push(chunk)
        onChunk(chunk)
      }
      return readChunks(incoming).listen(keep, (isWhole) => {
        if (read === length) incoming.rawBody = joinChunks(chunks)
        onEnd(isWhole && read === length)
      })
    },
  }
}

/** Only Node.js comes here. As a free name, bundlers for browsers would put a copy beside it. */
function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const { Buffer } = globalThis as unknown as { readonly Buffer: { concat(list: readonly Uint8Array[]): Uint8Array } }
  return Buffer.concat(chunks)
}

/**
 * Only the views of @hono/node-server 2 have `methodKey`. Some older versions do not look for
 * `rawBody`: they answer 500 to a read, or end the process, if the stream was read.
 */
function findInHono(request: Request): ViewedRequest | undefined {
  const keys = Object.getOwnPropertySymbols(request)
  const names = keys.map(({ description }) => description)
  const key = keys[names.indexOf('incomingKey')]
  // A view that has made its Request reads that one from now on.
  if (key === undefined || !names.includes('methodKey') || names.includes('requestCache')) return undefined
  return Reflect.get(request, key) as ViewedRequest | undefined
}

/** The Request of srvx, which h3 2 and Nitro 3 use. */
interface SrvxRequest {
  readonly runtime?: { readonly node?: { readonly req?: ViewedRequest } }
}

function findInSrvx(request: Request & SrvxRequest): ViewedRequest | undefined {
  const incoming = request.runtime?.node?.req
  return incoming !== undefined && looksForRawBody(request.constructor) ? incoming : undefined
}

const probed = new WeakMap<object, boolean>()

/**
 * Tries a class of Requests once. Only newer versions of srvx look for `rawBody` in every method,
 * and the application may have set a Request of another class, with another body.
 */
function looksForRawBody(type: object): boolean {
  const known = probed.get(type)
  if (known !== undefined) return known
  let looks = false
  try {
    // Other classes refuse these arguments, and older versions refuse `req` as a stream.
    const req = { method: 'POST', url: '/', headers: {}, rawHeaders: [], rawBody: joinChunks([new Uint8Array(1)]) }
    const { body } = Reflect.construct(type as never, [{ req }]) as Request
    looks = body !== null
    void body?.cancel()
  } catch {
    // It is no such class.
  }
  probed.set(type, looks)
  return looks
}
