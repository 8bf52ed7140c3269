import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Peers, Release } from './peers.ts'

const done = { done: true, value: undefined } as const

/**
 * The body of a request, for a verifier. It is read when the verifier asks for it, which happens only behind a well-formed
 * signature, and is given in one piece. A body above the limit is given up to there, for the verifier to refuse.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #maxBytes: number
  readonly #bodyLength: number | undefined
  readonly #expectsContinue: boolean
  readonly #peers: Peers
  #release: Release | undefined
  #reject: ((error: Error) => void) | undefined
  /** The bytes that were read, up to the limit. */
  received: Uint8Array | undefined
  #state: 'idle' | 'reading' | 'over' = 'idle'

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    terms: {
      readonly maxBytes: number
      readonly bodyLength: number | undefined
      readonly expectsContinue: boolean
      readonly peers: Peers
    },
  ) {
    this.#req = req
    this.#res = res
    this.#maxBytes = terms.maxBytes
    this.#bodyLength = terms.bodyLength
    this.#expectsContinue = terms.expectsContinue
    this.#peers = terms.peers
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#state !== 'idle') return Promise.resolve(done)
    this.#state = 'reading'
    return new Promise((resolve, reject) => {
      this.#reject = reject
      const { remoteAddress } = this.#req.socket
      const bytes = this.#bodyLength ?? this.#maxBytes
      this.#release = this.#peers.take(remoteAddress, bytes, (release) => {
        this.#release = release
        if (this.#reject !== undefined) this.#read(resolve)
      })
    })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.stop()
    return Promise.resolve(done)
  }

  /** Gives its room back. To be called when there is a verdict, or the connection is closed: then no more is read. */
  stop(): void {
    this.#state = 'over'
    this.#release?.()
    this.#reject?.(new Error('aborted'))
    this.#reject = undefined
  }

  #read(resolve: (result: IteratorResult<Uint8Array>) => void): void {
    const req = this.#req
    if (this.#expectsContinue) this.#res.writeContinue()
    const chunks: Uint8Array[] = []
    let length = 0
    const hand = (): void => {
      if (this.#reject === undefined) return
      this.#reject = undefined
      const value = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length)
      this.received = value
      resolve({ done: false, value })
    }
    req.on('data', (chunk: Uint8Array) => {
      if (this.#reject === undefined) return
      chunks.push(chunk)
      length += chunk.length
      if (length <= this.#maxBytes) return
      req.pause()
      hand()
    })
    req.on('end', hand)
  }
}
