import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { answerOnSocket, canKeepOpen, formatAnswerLines, lingerOnClose, textOf } from '../answers.ts'
import { formatFields, listFields } from '../fields.ts'
import { type RequestHead, readHead } from '../request-head.ts'
import type { AnswerHead } from '../upstream/answer-head.ts'
import { BodyReader } from './body-reader.ts'
import type { BodyTerms, Caller, CallerListener, RequestBody } from './caller.ts'

/** Whose request was read by `node:http`. */
export class HttpCaller implements Caller {
  readonly head: RequestHead
  readonly #req: IncomingMessage
  readonly #res: ServerResponse

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

  get rawLines(): string {
    return formatFields(this.#req.rawHeaders)
  }

  get socket(): Socket {
    return this.#req.socket
  }

  get isAnswered(): boolean {
    return this.#res.headersSent
  }

  get isServed(): boolean {
    return this.#res.writableFinished
  }

  listen(listener: CallerListener): void {
    this.#res
      .once('close', () => listener.onClose())
      .on('drain', () => listener.onDrain())
      // A connection that breaks is seen by `close`; without a listener it would end the process.
      .on('error', ignore)
  }

  openBody({ maxBytes, peers }: BodyTerms): RequestBody {
    const { bodyLength, expectsContinue } = this.head
    return new BodyReader(this.#req, this.#res, { maxBytes, bodyLength, expectsContinue, peers })
  }

  refuse(status: number, mayStay: boolean): string {
    const stays = mayStay && canKeepOpen(this.#req, this.head.bodyLength)
    if (!stays && !this.#req.complete) lingerOnClose(this.#req)
    const lines = formatAnswerLines(status, !stays)
    this.#res.writeHead(status, listFields(lines)).end(textOf(status))
    return lines
  }

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

  begin({ status, statusText, lines }: AnswerHead, mayStay: boolean): void {
    const headers = listFields(lines)
    if (!mayStay) headers.push('Connection', 'close')
    this.#res.writeHead(status, statusText, headers)
  }

  /** As text it leaves in one write with the head. Corked, so that `end` has nothing to add. */
  finishWith(body: string): void {
    const res = this.#res
    if (res.destroyed) return
    const { socket } = res
    socket?.cork()
    res.write(body, 'latin1')
    socket?.uncork()
    res.end()
  }

  write(bytes: Buffer): boolean {
    return this.#res.write(bytes)
  }

  finish(): void {
    this.#res.end()
  }

  cut(): void {
    this.#res.destroy()
  }
}

function ignore(): void {}
