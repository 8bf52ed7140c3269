import type { ServerResponse } from 'node:http'
import type { PushedBody } from 'tollgate'
import type { Peers } from './peers.ts'
import { breakRequest } from './pending-answers.ts'
import type { RequestHead } from './request-head.ts'

/** How a body is read. */
interface BodyOptions {
  readonly head: Pick<RequestHead, 'bodyLength' | 'expectsContinue'>
  readonly maxBytes: number
  readonly peers: Peers
}

/**
 * The body of a request, for a verifier. It is read when the verifier asks for it, and the verifier
 * asks only if the signature is well-formed. The verifier gets the body in one piece. Of a body
 * above the limit it gets a little more than the limit, so that it refuses it.
 *
 * A body waits while its peer has no room. It waits no longer once it is complete in the buffer
 * that `node:http` has for each request: a complete request never waits for slow ones.
 */
export class RequestBody implements PushedBody {
  readonly #res: ServerResponse
  readonly #options: BodyOptions
  #release: (() => void) | undefined
  /** Set while the verifier waits. Without bytes, the body cannot be read any more. */
  #give: ((bytes?: Uint8Array) => void) | undefined
  #state: 'unread' | 'waiting' | 'reading' | 'over' = 'unread'
  /** The bytes that the verifier got. */
  received: Uint8Array | undefined

  constructor(res: ServerResponse, options: BodyOptions) {
    this.#res = res
    this.#options = options
  }

  listen(onChunk: (bytes: Uint8Array) => void, onEnd: (isWhole: boolean) => void): () => void {
    const { head, maxBytes, peers } = this.#options
    const length = head.bodyLength ?? maxBytes
    this.#give = (bytes) => {
      this.#give = undefined
      this.received = bytes
      if (bytes !== undefined) onChunk(bytes)
      onEnd(bytes !== undefined)
    }
    if (this.#state === 'over') this.#give()
    else {
      const { socket } = this.#res.req
      const onCrowded = (): void => void breakRequest(socket, 408)
      this.#release = peers.take(socket.remoteAddress, length, () => this.#read(), onCrowded)
    }
    if (this.#state === 'unread') this.#wait(length)
    return () => this.stop()
  }

  #wait(length: number): void {
    this.#state = 'waiting'
    const { req } = this.#res
    if (length <= req.readableHighWaterMark || this.#options.head.bodyLength === undefined)
      req.on('readable', this.#onReadable)
    else {
      // It cannot become complete in the buffer, so the buffer stays as empty as it is. Node.js
      // resumes the connection after each piece.
      req.socket.on('resume', this.#hold).pause()
    }
  }

  readonly #hold = (): void => void this.#res.req.socket.pause()

  /**
   * Releases the room of the body and stops reading. Must be called after the verdict, and when the
   * connection closes.
   */
  stop(): void {
    this.#enter('over')
    this.#release?.()
    this.#give?.()
  }

  readonly #onReadable = (): void => {
    if (!this.#res.req.complete) return
    this.#release?.()
    this.#read()
  }

  /**
   * With a `readable` listener, the stream would not flow: an unread rest of the body would block
   * the connection.
   */
  #enter(state: 'reading' | 'over'): void {
    if (this.#state === 'waiting') {
      const { req } = this.#res
      req.off('readable', this.#onReadable)
      if (req.socket.listeners('resume').includes(this.#hold)) req.socket.off('resume', this.#hold).resume()
    }
    this.#state = state
  }

  #read(): void {
    this.#enter('reading')
    const { req } = this.#res
    if (this.#options.head.expectsContinue && !req.complete) this.#res.writeContinue()
    // Most bodies arrive with their heads, and Node.js parses them when this call is over. A request
    // that flows earlier stays in memory until the next full garbage collection.
    process.nextTick(() => this.#collect())
  }

  #collect(): void {
    const { req } = this.#res
    const chunks: Uint8Array[] = []
    let length = 0
    const give = (): void => this.#give?.(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length))
    req
      .on('data', (chunk: Uint8Array) => {
        if (this.#give === undefined) return
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
