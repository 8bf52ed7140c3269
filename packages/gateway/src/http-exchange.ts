import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnyWebhook } from 'tollgate'
import { answerRequest } from './answers.ts'
import { flushAtEndOfTurn, type Waiting } from './end-of-turn.ts'
import {
  Capture,
  chooseRoute,
  type ExchangeContext,
  ExchangeState,
  listForwardedFields,
  release,
  settle,
} from './exchange.ts'
import { formatFields } from './fields.ts'
import type { RouteVerdict } from './options.ts'
import { followAnswer, isServed, type PendingAnswer } from './pending-answers.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import type { AnswerHead } from './upstream/answer-head.ts'
import type { AnswerHandler, Connection, Failure } from './upstream/connection.ts'

/** The pause before the second and last attempt to connect. */
const retryMs = 100

/**
 * One HTTP request and its answer. Verifies the request, forwards it to the upstream and answers.
 */
export class HttpExchange extends ExchangeState implements AnswerHandler, PendingAnswer, Waiting {
  readonly res: ServerResponse
  readonly #head: RequestHead
  readonly #context: ExchangeContext
  readonly #deadline: NodeJS.Timeout
  #body: RequestBody | undefined
  #connection: Connection | undefined
  #attempts = 0
  /** The head of the upstream's answer, until its body begins. A fault up to then is a 502. */
  #answer: AnswerHead | undefined
  /** The length of the upstream's answer if it is short enough to send in one piece, or else 0. */
  #announced = 0
  /** True once the upstream's answer was written in one piece. */
  #isWritten = false

  constructor(req: IncomingMessage, res: ServerResponse, context: ExchangeContext) {
    super(req, context.config)
    this.res = res
    this.#head = readHead(req.rawHeaders, req.httpVersion)
    this.#context = context
    if (this.config.onExchange !== undefined) this.responseBody = new Capture(this.config.captureBytes)
    this.#deadline = setTimeout(() => this.#expire(), this.config.timeoutMs)
    followAnswer(this)
  }

  /** Starts the exchange. Never throws: an error is answered with 500. */
  run(): void {
    this.#verify().catch(() => this.refuse(500))
  }

  async #verify(): Promise<void> {
    const { method, target } = this
    const head = this.#head
    const route = chooseRoute(this.config, head, target)
    if (typeof route === 'number') return this.refuse(route)
    this.route = route
    const { maxBodyBytes, verifier } = route
    if (head.bodyLength !== 0)
      this.#body = new RequestBody(this.res, { head, maxBytes: maxBodyBytes, peers: this.config.peers })
    const request = { method, url: target, headers: head.verified, body: this.#body, reportsOutcome: true }
    const verdict = await verifier.verify(request)
    this.#body?.stop()
    if (this.#isAnswered) return release(verdict)
    this.verdict = verdict
    if ('release' in verdict) this.#forward(verdict)
    else this.refuse(verdict.status)
  }

  /** True if no other answer can be given. */
  get #isAnswered(): boolean {
    return this.res.headersSent || this.req.socket.destroyed
  }

  /**
   * Answers without the upstream.
   * @param isBroken true if the rest of the request cannot be read
   */
  refuse(status: number, isBroken = false): void {
    if (this.#isAnswered) return void this.res.destroy()
    this.status = status
    this.#body?.stop()
    const mayStay = !isBroken && status !== 400 && status !== 408 && !this.#context.isClosing()
    this.responseFields = answerRequest(this.res, status, mayStay, this.#head.bodyLength)
  }

  onBroken(status: number): void {
    this.refuse(status, true)
  }

  /** Ends the exchange at its deadline. */
  #expire(): void {
    // A client that reads slowly holds up the upstream, which is no failure of the upstream.
    if (this.#connection?.socket.isPaused() === false) this.failure = 'no whole answer in time'
    this.refuse(this.verdict === undefined ? 408 : 504)
    this.#connection?.abort()
  }

  #forward(verdict: Extract<RouteVerdict, AnyWebhook>): void {
    const { method, target, route } = this
    const { bodyLength, verified } = this.#head
    // These are the verified bytes. `verdict.body` encodes a form again if they are missing.
    const body = this.#body?.received ?? verdict.body
    // The upstream would read the difference as another request.
    if (route === undefined || (bodyLength ?? body.length) !== body.length) return void this.refuse(502)
    this.trace ??= this.#context.startTrace?.(this)
    const fields = listForwardedFields(this, this.#head, verdict)
    if (verified['content-length'] === undefined && (body.length > 0 || expectBody.has(method)))
      fields.push('Content-Length', String(body.length))
    // Node.js has parsed method, target and fields, so they contain no line break.
    const head = `${method} ${target} HTTP/1.1\r\n${formatFields(fields)}Connection: keep-alive\r\n\r\n`
    this.#attempts++
    this.forwardedAt ??= performance.now()
    this.#connection = route.pool.send({ head, body, isHead: method === 'HEAD' }, this)
  }

  onHead(head: AnswerHead): void {
    this.answeredAt = performance.now()
    this.#answer = head
  }

  /**
   * Begins the answer, if that was not done before.
   * @returns false if the client got another answer
   */
  #begin(): boolean {
    if (this.#answer === undefined) return this.answeredBy === 'upstream'
    const { status, statusText, fields, length } = this.#answer
    this.#answer = undefined
    if (this.#isAnswered) return false
    this.res.writeHead(status, statusText, this.#context.isClosing() ? [...fields, 'Connection', 'close'] : [...fields])
    this.takeAnswer(status, fields)
    if (typeof length === 'number' && length <= shortAnswer) this.#announced = length
    return true
  }

  onData(bytes: Buffer): void {
    if (!this.#begin()) return
    this.responseBody?.add(bytes)
    if (bytes.length === this.#announced) {
      // Node.js sends text together with the head in one write.
      this.req.socket.cork()
      this.res.write(bytes.toString('latin1'), 'latin1')
      this.#isWritten = true
      flushAtEndOfTurn(this)
    } else if (!this.res.write(Buffer.from(bytes)) && this.#connection?.socket.isPaused() === false) {
      this.#connection.socket.pause()
      this.res.once('drain', () => this.#connection?.socket.resume())
    }
  }

  onEnd(): void {
    this.#connection = undefined
    if (this.#begin() && !this.#isWritten) this.res.end()
  }

  flush(): void {
    this.req.socket.uncork()
    this.res.end()
  }

  onFailure(failure: Failure, cause: string): void {
    if (this.answeredBy === 'upstream') {
      this.failure = cause
      return void this.res.destroy()
    }
    // No byte was sent yet, so the webhook cannot arrive twice.
    if (failure !== 'broken' && this.#attempts === 1 && this.verdict !== undefined && 'release' in this.verdict) {
      const { verdict } = this
      setTimeout(() => {
        if (!this.#isAnswered) this.#forward(verdict)
      }, retryMs)
      return
    }
    this.failure = cause
    this.refuse(failure === 'unreachable in time' ? 504 : 502)
  }

  onClose(): void {
    clearTimeout(this.#deadline)
    this.#body?.stop()
    this.requestBody = this.#body?.received
    this.#connection?.abort()
    if (this.verdict !== undefined && this.route?.given.replay !== undefined)
      settle(this.verdict, isServed(this.res) ? this.status : undefined)
    this.#context.onEnd(this)
  }
}

const shortAnswer = 16 * 1024

// Some servers answer 411 if these methods come without a length.
const expectBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
