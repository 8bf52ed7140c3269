import type { Socket } from 'node:net'
import type { Peers } from '../peers.ts'
import type { RequestHead } from '../request-head.ts'
import type { AnswerHead } from '../upstream/answer-head.ts'

/** Who sent a request, and waits for its answer. */
export interface Caller {
  readonly method: string
  readonly target: string
  /** All header lines, for whoever reports them. */
  readonly rawLines: string
  readonly head: RequestHead
  readonly socket: Socket
  /** An answer has begun, so that no other can be given. */
  readonly isAnswered: boolean
  /** Every byte of the answer has been given to the network. */
  readonly isServed: boolean
  /** Whom to tell what becomes of the connection. */
  listen(listener: CallerListener): void
  openBody(terms: BodyTerms): RequestBody
  /**
   * Answers with a text of ours, and gives back the header lines that were said.
   * @param mayStay whether the connection may be used again, as far as the gateway is concerned
   */
  refuse(status: number, mayStay: boolean): string
  /** The rest of the request cannot be read. Gives back whether that was answered; otherwise an answer had begun. */
  breakOff(status: number): boolean
  /** @param mayStay as with `refuse` */
  begin(head: AnswerHead, mayStay: boolean): void
  /** Sends the whole body, as Latin-1, together with the head. */
  finishWith(body: string): void
  /** @param bytes the caller's own from now on. Gives back whether more may come before `onDrain`. */
  write(bytes: Buffer): boolean
  finish(): void
  /** Closes the connection, so that an answer that has begun is seen to be incomplete. */
  cut(): void
}

export interface CallerListener {
  /** The answer has left, or never will. */
  onClose(): void
  onDrain(): void
}

export interface BodyTerms {
  readonly maxBytes: number
  readonly peers: Peers
}

export interface RequestBody {
  /** For the verifier. */
  readonly source: Uint8Array | AsyncIterable<Uint8Array>
  /** What has been read, up to the limit. */
  readonly received: Uint8Array | undefined
  /** Gives the room back. To be called when the verdict is there, or the connection gone: then it will not be read any more. */
  stop(): void
}
