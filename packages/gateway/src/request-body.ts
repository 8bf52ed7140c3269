import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Peers } from './peers.ts'

/** How a body is read. */
interface BodyOptions {
  readonly maxBytes: number
  /** The announced length, or `undefined` for a chunked body. */
  readonly bodyLength: number | undefined
  readonly expectsContinue: boolean
  readonly peers: Peers
}

const done = { done: true, value: undefined } as const

/**
 * The body of a request, for a verifier. It is read when the verifier asks for it, and the verifier
 * asks only if the signature is well-formed. The body is yielded in one piece. A body above the
 * limit is yielded up to a little more than the limit, so that the verifier refuses it.
 *
 * A body waits while its peer has no room. It waits no longer once it is complete in the buffer
 * that `node:http` has for each request: a complete request never waits for slow ones.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #options: BodyOptions
  #release: (() => void) | undefined
  /** Set while the verifier waits. */
  #settle: { resolve(result: IteratorResult<Uint8Array>): void; reject(error: Error): void } | undefined
  #isWatching = false
  #state: 'unread' | 'waiting' | 'reading' | 'over' = 'unread'
  /** The bytes that the verifier got. */
  received: Uint8Array | undefined

  constructor(req: IncomingMessage, res: ServerResponse, options: BodyOptions) {
    this.#req = req
    this.#res = res
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#state !== 'unread') return Promise.resolve(done)
    this.#state = 'waiting'
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      const { bodyLength, maxBytes, peers } = this.#options
      this.#release = peers.take(this.#req.socket.remoteAddress, bodyLength ?? maxBytes, () => this.#read())
      if (this.#state !== 'waiting') return
      this.#isWatching = true
      this.#req.on('readable', this.#onReadable)
    })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.stop()
    return Promise.resolve(done)
  }

  /**
   * Releases the room of the body and stops reading. Must be called after the verdict, and when the
   * connection closes.
   */
  stop(): void {
    this.#state = 'over'
    this.#stopWatching()
    this.#release?.()
    this.#settle?.reject(new Error('aborted'))
    this.#settle = undefined
  }

  readonly #onReadable = (): void => {
    if (this.#state !== 'waiting' || !this.#req.complete) return
    this.#release?.()
    this.#read()
  }

  /**
   * With a `readable` listener, the stream would not flow: an unread rest of the body would block
   * the connection.
   */
  #stopWatching(): void {
    if (this.#isWatching) this.#req.off('readable', this.#onReadable)
    this.#isWatching = false
  }

  #read(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'reading'
    this.#stopWatching()
    const req = this.#req
    if (this.#options.expectsContinue && !req.complete) this.#res.writeContinue()
    const chunks: Uint8Array[] = []
    let length = 0
    const give = (): void => {
      if (this.#settle === undefined) return
      const value = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length)
      this.received = value
      this.#settle.resolve({ done: false, value })
      this.#settle = undefined
    }
    req
      .on('data', (chunk: Uint8Array) => {
        if (this.#settle === undefined) return
        chunks.push(chunk)
        length += chunk.length
        if (length <= this.#options.maxBytes) return
        req.pause()
        give()
      })
      .on('end', give)
      .resume()
  }
}
