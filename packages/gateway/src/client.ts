import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { answerRequest, canKeepOpen } from './answers.ts'
import type { Peers } from './peers.ts'
import { type AnswerListener, closeAfterAnswers, followAnswer, isServed } from './pending-answers.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import type { AnswerHead } from './upstream/answer-head.ts'

/** Receives the events of a client's connection. */
export interface ClientListener extends AnswerListener {
  /** Called when more of the answer can be written. */
  onDrain(): void
}

/** The client of one request: the request that `node:http` read and the answer that it writes. */
export class Client {
  readonly head: RequestHead
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  #listener: ClientListener | undefined

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req
    this.#res = res
    this.head = readHead(req.rawHeaders, req.httpVersion)
  }

  get method(): string {
    return this.#req.method ?? ''
  }

  get target(): string {
    return this.#req.url ?? ''
  }

  /** All header fields as they arrived. */
  get rawFields(): readonly string[] {
    return this.#req.rawHeaders
  }

  get socket(): Socket {
    return this.#req.socket
  }

  /** True once the head of an answer was sent. */
  get isAnswered(): boolean {
    return this.#res.headersSent
  }

  /** True once all bytes of the answer were given to the operating system. */
  get isServed(): boolean {
    return isServed(this.#req, this.#res)
  }

  listen(listener: ClientListener): void {
    this.#listener = listener
    followAnswer(this.#req, this.#res, listener)
  }

  /** Returns the request's body. Nothing is read until the verifier asks for it. */
  openBody(maxBytes: number, peers: Peers): RequestBody {
    const { bodyLength, expectsContinue } = this.head
    return new RequestBody(this.#req, this.#res, { maxBytes, bodyLength, expectsContinue, peers })
  }

  /**
   * Answers without the upstream.
   * @param mayStay allows another request on the connection
   * @returns the header fields that were sent
   */
  refuse(status: number, mayStay: boolean): readonly string[] {
    return answerRequest(this.#req, this.#res, status, mayStay && canKeepOpen(this.#req, this.head.bodyLength))
  }

  /** Closes the connection after the answers that it waits for. */
  closeAfterAnswers(): void {
    closeAfterAnswers(this.socket)
  }

  /**
   * Sends the head of the upstream's answer.
   * @param mayStay allows another request on the connection
   */
  begin({ status, statusText, fields }: AnswerHead, mayStay: boolean): void {
    this.#res.writeHead(status, statusText, mayStay ? [...fields] : [...fields, 'Connection', 'close'])
  }

  /**
   * Sends the whole body, which is Latin-1 text. Node.js sends text together with the head in one
   * write.
   */
  finishWith(body: string): void {
    const { socket } = this
    socket.cork()
    this.#res.write(body, 'latin1')
    socket.uncork()
    this.#res.end()
  }

  /**
   * Sends a part of the body.
   * @param bytes must not change afterwards
   * @returns false if the caller must wait for `onDrain` before it writes more
   */
  write(bytes: Buffer): boolean {
    const hasRoom = this.#res.write(bytes)
    if (!hasRoom) this.#res.once('drain', () => this.#listener?.onDrain())
    return hasRoom
  }

  /** Ends the answer. */
  finish(): void {
    this.#res.end()
  }

  /** Closes the connection, so that the client sees that the answer is incomplete. */
  cut(): void {
    this.#res.destroy()
  }
}
