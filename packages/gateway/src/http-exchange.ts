import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnyWebhook } from 'tollgate'
import { answerRequest, canKeepOpen } from './answers.ts'
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
import { type AnswerListener, closeAfterAnswers, followAnswer, isServed } from './pending-answers.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import type { AnswerHead } from './upstream/answer-head.ts'
import type { AnswerHandler, Connection, Failure, OutgoingRequest } from './upstream/connection.ts'

/** The pause before the second and last attempt to connect. */
const retryMs = 100

/**
 * One HTTP request and its answer. Verifies the request, forwards it to the upstream and answers.
 */
export class HttpExchange extends ExchangeState implements AnswerHandler, AnswerListener {
  readonly #res: ServerResponse
  readonly #head: RequestHead
  readonly #context: ExchangeContext
  readonly #deadline: NodeJS.Timeout
  #body: RequestBody | undefined
  #connection: Connection | undefined
  #attempts = 0
  #isOver = false
  /** The length of the upstream's answer if it is short enough to send in one piece, or else 0. */
  #announced = 0

  constructor(req: IncomingMessage, res: ServerResponse, context: ExchangeContext) {
    super(req, context.config)
    this.#res = res
    this.#head = readHead(req.rawHeaders, req.httpVersion)
    this.#context = context
    if (this.config.onExchange !== undefined) this.responseBody = new Capture(this.config.captureBytes)
    this.#deadline = setTimeout(() => this.#expire(), this.config.timeoutMs)
    followAnswer(req, res, this)
  }

  /** Starts the exchange. Never throws: an error is answered with 500. */
  run(): void {
    const { req, method, target } = this
    const head = this.#head
    try {
      const route = chooseRoute(this.config, head, target)
      if (typeof route === 'number') return void this.refuse(route)
      this.route = route
      const { maxBodyBytes, verifier } = route
      if (head.bodyLength !== 0)
        this.#body = new RequestBody(req, this.#res, { head, maxBytes: maxBodyBytes, peers: this.config.peers })
      verifier
        .verify({ method, url: target, headers: head.verified, body: this.#body, reportsOutcome: true })
        .then(this.#decide, () => this.refuse(500))
    } catch {
      this.refuse(500)
    }
  }

  readonly #decide = (verdict: RouteVerdict): void => {
    try {
      this.#body?.stop()
      if (this.#isOver || this.#res.headersSent) {
        release(verdict)
        return
      }
      this.verdict = verdict
      if ('release' in verdict) this.#forward(verdict)
      else this.refuse(verdict.status)
    } catch {
      this.refuse(500)
    }
  }

  override get requestBody(): Uint8Array | undefined {
    return this.#body?.received
  }

  /**
   * Answers without the upstream.
   * @param isBroken true if the rest of the request cannot be read
   */
  refuse(status: number, isBroken = false): void {
    if (this.#isOver || this.#res.headersSent) return void this.#res.destroy()
    this.status = status
    this.#body?.stop()
    const mayStay = !isBroken && status !== 400 && status !== 408 && !this.#context.isClosing()
    const isKept = mayStay && canKeepOpen(this.req, this.#head.bodyLength)
    this.responseFields = answerRequest(this.req, this.#res, status, isKept)
  }

  onBroken(status: number): void {
    // It was refused before, and that answer stays the only one.
    if (this.#res.headersSent) closeAfterAnswers(this.req.socket)
    else this.refuse(status, true)
  }

  /** Ends the exchange at its deadline. */
  #expire(): void {
    if (this.verdict === undefined) this.refuse(408)
    else if (!this.#res.headersSent) this.refuse(504)
    else this.#res.destroy()
    this.#leaveUpstream()
  }

  #forward(verdict: Extract<RouteVerdict, AnyWebhook>): void {
    const { method, target, route } = this
    // These are the verified bytes. `verdict.body` encodes a form again if they are missing.
    const body = this.#body?.received ?? verdict.body
    this.trace ??= this.#context.startTrace?.(this)
    const fields = listForwardedFields(this, this.#head, verdict)
    const request = formatRequest(method, target, this.#head, fields, body)
    if (request === undefined || route === undefined) return void this.refuse(502)
    this.#attempts++
    this.forwardedAt ??= performance.now()
    this.#connection = route.pool.send(request, this)
  }

  onHead(head: AnswerHead): void {
    if (this.#isOver || this.#res.headersSent) return
    const { status, statusText, fields, length } = head
    this.#res.writeHead(
      status,
      statusText,
      this.#context.isClosing() ? [...fields, 'Connection', 'close'] : [...fields],
    )
    this.takeAnswer(status, fields)
    if (typeof length === 'number' && length <= shortAnswer) this.#announced = length
  }

  onData(bytes: Buffer): void {
    if (this.#isOver || this.answeredBy === 'gateway') return
    this.responseBody?.add(bytes)
    if (bytes.length === this.#announced) {
      // Node.js sends text together with the head in one write.
      const { socket } = this.req
      socket.cork()
      this.#res.write(bytes.toString('latin1'), 'latin1')
      socket.uncork()
      this.#res.end()
    } else if (!this.#res.write(Buffer.from(bytes))) {
      this.#connection?.pause()
      this.#res.once('drain', () => this.#connection?.resume())
    }
  }

  onEnd(): void {
    this.#connection = undefined
    if (this.answeredBy === 'upstream' && !this.#res.writableEnded) this.#res.end()
  }

  onFailure(failure: Failure, cause: string): void {
    this.#connection = undefined
    if (this.#isOver) return
    if (this.answeredBy === 'upstream') {
      this.failure = cause
      return void this.#res.destroy()
    }
    // No byte was sent yet, so the webhook cannot arrive twice.
    if (failure !== 'broken' && this.#attempts === 1 && this.verdict !== undefined && 'release' in this.verdict) {
      const { verdict } = this
      setTimeout(() => {
        if (!this.#isOver && !this.#res.headersSent) this.#forward(verdict)
      }, retryMs)
      return
    }
    this.failure = cause
    this.refuse(failure === 'unreachable in time' ? 504 : 502)
  }

  onClose(): void {
    this.#isOver = true
    clearTimeout(this.#deadline)
    this.#body?.stop()
    this.#leaveUpstream()
    if (this.verdict !== undefined && this.route?.given.replay !== undefined)
      settle(this.verdict, isServed(this.req, this.#res) ? this.status : undefined)
    this.#context.onEnd(this)
  }

  #leaveUpstream(): void {
    this.#connection?.abort()
    this.#connection = undefined
  }
}

const shortAnswer = 16 * 1024

// Some servers answer 411 if these methods come without a length.
const expectBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Writes a request for the upstream.
 * @param method the method as Node.js parsed it. Method, target and fields contain no line break.
 * @param fields the header fields, without those for the framing
 * @returns `undefined` if the body differs in length from `Content-Length`. The upstream would read
 * the rest as another request.
 */
function formatRequest(
  method: string,
  target: string,
  head: RequestHead,
  fields: readonly string[],
  body: Uint8Array,
): OutgoingRequest | undefined {
  const { bodyLength } = head
  if (bodyLength !== undefined && bodyLength !== body.length) return undefined
  const isAnnounced = head.verified['content-length'] !== undefined
  const length = !isAnnounced && (body.length > 0 || expectBody.has(method)) ? `Content-Length: ${body.length}\r\n` : ''
  const text = `${method} ${target} HTTP/1.1\r\n${formatFields(fields)}${length}Connection: keep-alive\r\n\r\n`
  return { head: text, body, isHead: method === 'HEAD' }
}
