import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { answerOnSocket, canKeepOpen, lingerOnClose, listAnswerFields, textOf } from './answers.ts'
import type { Peers } from './peers.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import type { AnswerHead } from './upstream/answer-head.ts'

export interface ClientListener {
  /** The answer was sent, or never will be. */
  onClose(): void
  /** There is room for more of the answer. */
  onDrain(): void
}

/** The sender of one request, who waits for its answer. `node:http` reads and writes both. */
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

  /** All header fields, for reports. */
  get rawFields(): readonly string[] {
    return this.#req.rawHeaders
  }

  get socket(): Socket {
    return this.#req.socket
  }

  /** An answer has begun, so that no other can be given. */
  get isAnswered(): boolean {
    return this.#res.headersSent
  }

  /** Every byte of the answer was given to the network. */
  get isServed(): boolean {
    return this.#res.writableFinished
  }

  listen(listener: ClientListener): void {
    this.#listener = listener
    this.#res
      .once('close', () => listener.onClose())
      // A broken connection ends in `close`. Without a listener, its error would end the process.
      .on('error', ignore)
  }

  openBody(maxBytes: number, peers: Peers): RequestBody {
    const { bodyLength, expectsContinue } = this.head
    return new RequestBody(this.#req, this.#res, { maxBytes, bodyLength, expectsContinue, peers })
  }

  /**
   * Answers with a text of the gateway's.
   * @param mayStay whether the gateway allows another request on the connection
   * @returns the header fields that were sent
   */
  refuse(status: number, mayStay: boolean): readonly string[] {
    const stays = mayStay && canKeepOpen(this.#req, this.head.bodyLength)
    if (!stays && !this.#req.complete) lingerOnClose(this.#req)
    const fields = listAnswerFields(status, !stays)
    this.#res.writeHead(status, fields).end(textOf(status))
    return fields
  }

  /**
   * The rest of the request cannot be read.
   * @returns whether the client was answered; otherwise an answer had begun
   */
  breakOff(status: number): boolean {
    const { socket } = this
    if (this.#res.writableEnded) socket.destroySoon()
    else if (this.#res.headersSent) socket.destroy()
    else {
      answerOnSocket(socket, status)
      return true
    }
    return false
  }

  /** @param mayStay as with `refuse` */
  begin({ status, statusText, fields }: AnswerHead, mayStay: boolean): void {
    this.#res.writeHead(status, statusText, mayStay ? [...fields] : [...fields, 'Connection', 'close'])
  }

  /** Sends the whole body, as Latin-1. As text it leaves in one write with the head, so that `end` has nothing left to write. */
  finishWith(body: string): void {
    const { socket } = this
    socket.cork()
    this.#res.write(body, 'latin1')
    socket.uncork()
    this.#res.end()
  }

  /**
   * @param bytes may not be changed afterwards
   * @returns whether more may be written before `onDrain`
   */
  write(bytes: Buffer): boolean {
    const hasRoom = this.#res.write(bytes)
    if (!hasRoom) this.#res.once('drain', () => this.#listener?.onDrain())
    return hasRoom
  }

  finish(): void {
    this.#res.end()
  }

  /** Closes the connection, so that the client sees that an answer which has begun is incomplete. */
  cut(): void {
    this.#res.destroy()
  }
}

function ignore(): void {}
