import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { formatAnswerLines, formatHead, textOf } from '../answers.ts'
import type { RequestHead } from '../request-head.ts'
import type { AnswerHead } from '../upstream/answer-head.ts'
import { ArrivedBody } from './arrived-body.ts'
import type { BodyTerms, Caller, CallerListener, RequestBody } from './caller.ts'
import { formatConnectionLines, formatDateLine } from './connection-lines.ts'
import type { PlainConnection } from './plain-connection.ts'
import type { PlainRequest } from './plain-request.ts'

/** Whose request came whole, in the plain shape. */
export class PlainCaller implements Caller {
  readonly method: string
  readonly target: string
  readonly rawLines: string
  readonly head: RequestHead
  readonly socket: Socket
  isAnswered = false
  isServed = false
  readonly #connection: PlainConnection
  readonly #body: Buffer
  #mayStay: boolean
  #listener: CallerListener | undefined
  /** A head that has not been written yet. */
  #answerHead = ''
  #isChunked = false
  #isOver = false

  constructor(request: PlainRequest, socket: Socket, connection: PlainConnection) {
    this.method = request.method
    this.target = request.target
    this.rawLines = request.rawLines
    this.head = request.head
    this.socket = socket
    this.#connection = connection
    this.#body = request.body
    this.#mayStay = request.mayStay
  }

  listen(listener: CallerListener): void {
    this.#listener = listener
  }

  openBody({ peers }: BodyTerms): RequestBody {
    return new ArrivedBody(this.#body, this.#connection.remoteAddress, peers)
  }

  refuse(status: number, mayStay: boolean): string {
    const lines = formatAnswerLines(status, false)
    this.#announce(status, STATUS_CODES[status] ?? '', lines + formatDateLine(), mayStay)
    this.finishWith(textOf(status))
    return this.#mayStay ? lines : formatAnswerLines(status, true)
  }

  /** There is no rest: the request is here. */
  breakOff(): boolean {
    this.cut()
    return false
  }

  begin({ status, statusText, lines, hasDate, length }: AnswerHead, mayStay: boolean): void {
    this.#isChunked = typeof length !== 'number'
    this.#announce(status, statusText, hasDate ? lines : lines + formatDateLine(), mayStay)
  }

  finishWith(body: string): void {
    if (!this.#isOver) this.#finish(this.#takeHead() + body)
  }

  write(bytes: Buffer): boolean {
    if (this.#isOver) return true
    const { socket } = this
    socket.cork()
    let head = this.#takeHead()
    if (this.#isChunked) head += `${bytes.length.toString(16)}\r\n`
    if (head !== '') socket.write(head, 'latin1')
    const goesOn = socket.write(bytes)
    if (this.#isChunked) socket.write('\r\n', 'latin1')
    socket.uncork()
    return goesOn
  }

  finish(): void {
    if (!this.#isOver) this.#finish(this.#takeHead() + (this.#isChunked ? '0\r\n\r\n' : ''))
  }

  cut(): void {
    if (!this.#isOver) this.socket.destroy()
  }

  /** Of its connection: room to write. */
  drained(): void {
    this.#listener?.onDrain()
  }

  /** Of its connection: it is gone, or free for the next request. */
  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener?.onClose()
  }

  #announce(status: number, statusText: string, lines: string, mayStay: boolean): void {
    this.isAnswered = true
    if (!mayStay) this.#mayStay = false
    const framing = this.#isChunked ? 'Transfer-Encoding: chunked\r\n' : ''
    this.#answerHead = formatHead(status, statusText, lines + formatConnectionLines(this.#mayStay) + framing)
  }

  #takeHead(): string {
    const head = this.#answerHead
    this.#answerHead = ''
    return head
  }

  #finish(rest: string): void {
    const { socket } = this
    const onWritten = (error?: Error | null): void => {
      if (this.#isOver || error) return
      this.isServed = true
      this.closed()
      this.#connection.served(this.#mayStay)
    }
    if (rest === '') onWritten()
    else socket.write(rest, 'latin1', onWritten)
  }
}
