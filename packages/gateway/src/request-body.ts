import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Peers, Release } from './peers.ts'

export interface BodyTerms {
  readonly maxBytes: number
  /** As announced; `undefined` for a chunked body. */
  readonly bodyLength: number | undefined
  readonly expectsContinue: boolean
  readonly peers: Peers
}

const done = { done: true, value: undefined } as const

/**
 * The body of a request, for a verifier. It is read when the verifier asks for it, which happens only behind a well-formed
 * signature, and is given in one piece. A body above the limit is given up to there, for the verifier to refuse.
 *
 * Where the bodies of a peer take up all its room, a body waits, unless all of it arrives meanwhile in the buffer that
 * `node:http` has for each request anyway: a complete request never waits behind slow ones.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #terms: BodyTerms
  #release: Release | undefined
  /** Is there while the verifier waits. */
  #settle: { resolve(result: IteratorResult<Uint8Array>): void; reject(error: Error): void } | undefined
  #isWatching = false
  #state: 'unread' | 'waiting' | 'reading' | 'over' = 'unread'
  /** The bytes that were read, up to the limit. */
  received: Uint8Array | undefined

  constructor(req: IncomingMessage, res: ServerResponse, terms: BodyTerms) {
    this.#req = req
    this.#res = res
    this.#terms = terms
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#state !== 'unread') return Promise.resolve(done)
    this.#state = 'waiting'
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      const { bodyLength, maxBytes, peers } = this.#terms
      this.#release = peers.take(this.#req.socket.remoteAddress, bodyLength ?? maxBytes, (release) => {
        this.#release = release
        this.#read()
      })
      if (this.#state !== 'waiting') return
      this.#isWatching = true
      this.#req.on('readable', this.#onReadable)
    })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.stop()
    return Promise.resolve(done)
  }

  /** Gives its room back. Call it when there is a verdict, or the connection is closed: afterwards no more is read. */
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

  /** As long as there is a listener, nothing flows: the rest of the body would stop its connection. */
  #stopWatching(): void {
    if (this.#isWatching) this.#req.off('readable', this.#onReadable)
    this.#isWatching = false
  }

  #read(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'reading'
    this.#stopWatching()
    const req = this.#req
    if (this.#terms.expectsContinue && !req.complete) this.#res.writeContinue()
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
        if (length <= this.#terms.maxBytes) return
        req.pause()
        give()
      })
      .on('end', give)
      .resume()
  }
}
