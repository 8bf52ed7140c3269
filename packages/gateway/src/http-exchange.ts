import type { Accepted, Observed, Verdict } from 'tollgate'
import { listAnswerFields } from './answers.ts'
import { Capture } from './capture.ts'
import type { Client, ClientListener } from './client.ts'
import type { ConfigSnapshot, OpenRoute } from './config-snapshot.ts'
import { chooseRoute, type ExchangeState, listVerdictFields } from './exchange.ts'
import type { RequestBody } from './request-body.ts'
import type { AnswerHead } from './upstream/answer-head.ts'
import type { AnswerHandler, Connection, Failure } from './upstream/connection.ts'
import { formatRequest } from './upstream/outgoing-request.ts'

/** The gateway, as far as an exchange needs it. */
export interface ExchangeContext {
  readonly config: ConfigSnapshot
  isClosing(): boolean
  onEnd(exchange: HttpExchange): void
}

/** How long to wait before the one attempt to connect again. */
const retryMs = 100

/** One HTTP request and its answer: verified, forwarded to the upstream, and answered. */
export class HttpExchange implements AnswerHandler, ClientListener, ExchangeState {
  readonly client: Client
  readonly config: ConfigSnapshot
  readonly startedAt = performance.now()
  /** The time at which `expire` is called, by the same clock. */
  deadline: number
  readonly responseBody: Capture | undefined
  route: OpenRoute | undefined
  verdict: Verdict | undefined
  /** 0: the client left first. */
  status = 0
  answeredBy: 'upstream' | 'gateway' = 'gateway'
  responseFields: readonly string[] = []
  /** Links of the list `InFlight`. */
  previous: HttpExchange | undefined
  next: HttpExchange | undefined
  readonly #context: ExchangeContext
  #body: RequestBody | undefined
  #connection: Connection | undefined
  #attempts = 0
  #isLate = false
  #isBroken = false
  #isOver = false
  /** The length of the upstream's answer, where it is short enough to be sent in one piece. */
  #announced = 0
  #isAnsweredWhole = false

  constructor(client: Client, context: ExchangeContext) {
    this.client = client
    this.#context = context
    this.config = context.config
    if (this.config.onExchange !== undefined) this.responseBody = new Capture(this.config.captureBytes)
    this.deadline = this.startedAt + this.config.timeoutMs
    client.listen(this)
  }

  /** Never throws: an error ends in an answer. */
  run(): void {
    try {
      this.#verify()
    } catch {
      this.refuse(500)
    }
  }

  #verify(): void {
    const { client } = this
    const { head, method, target } = client
    const route = chooseRoute(this.config, head, target)
    if (typeof route === 'number') return void this.refuse(route)
    this.route = route
    route.pool.hold()
    const { maxBodyBytes, verifier } = route
    if (head.bodyLength !== 0) this.#body = client.openBody(maxBodyBytes, this.config.peers)
    verifier
      .verify({ method, url: target, headers: head.verified, body: this.#body })
      .then(this.#decide, () => this.refuse(500))
  }

  readonly #decide = (verdict: Verdict): void => {
    try {
      this.#body?.stop()
      if (this.#isOver || this.#isBroken || this.client.isAnswered) {
        release(verdict)
        return
      }
      this.verdict = verdict
      if (verdict.ok || 'params' in verdict) this.#forward(verdict)
      else this.refuse(verdict.status)
    } catch {
      this.refuse(500)
    }
  }

  get requestBody(): Uint8Array | undefined {
    return this.#body?.received
  }

  /** Answers without the upstream. */
  refuse(status: number): void {
    if (this.#isOver || this.client.isAnswered) return void this.client.cut()
    this.status = status
    this.#body?.stop()
    const mayStay = status !== 400 && status !== 408 && !this.#context.isClosing()
    this.responseFields = this.client.refuse(status, mayStay)
  }

  /** The rest of the request cannot be read. */
  break(status: number): void {
    if (!this.client.breakOff(status)) return
    this.#isBroken = true
    this.status = status
    this.responseFields = listAnswerFields(status, true)
  }

  expire(): void {
    this.#isLate = true
    if (this.verdict === undefined) this.refuse(408)
    else if (!this.client.isAnswered) this.refuse(504)
    else this.client.cut()
    this.#leaveUpstream()
  }

  #forward(verdict: Accepted | Observed): void {
    const { client, route } = this
    // The bytes that were verified. A verdict without them would have to encode its form again.
    const body = this.#body?.received ?? verdict.body
    const request = formatRequest(client.method, client.target, client.head, listVerdictFields(verdict), body)
    if (request === undefined || route === undefined) return void this.refuse(502)
    this.#attempts++
    this.#connection = route.pool.pool.send(request, this)
  }

  onHead(head: AnswerHead): void {
    if (this.#isOver || this.client.isAnswered) return
    const { length } = head
    this.client.begin(head, !this.#context.isClosing())
    this.status = head.status
    this.answeredBy = 'upstream'
    this.responseFields = head.fields
    if (typeof length === 'number' && length <= shortAnswer) this.#announced = length
  }

  onData(bytes: Buffer): void {
    if (this.#isOver || this.answeredBy === 'gateway') return
    this.responseBody?.add(bytes)
    if (bytes.length === this.#announced) {
      this.#isAnsweredWhole = true
      this.client.finishWith(bytes.toString('latin1'))
    } else if (!this.client.write(Buffer.from(bytes))) this.#connection?.pause()
  }

  onDrain(): void {
    this.#connection?.resume()
  }

  onEnd(): void {
    this.#connection = undefined
    if (this.answeredBy === 'upstream' && !this.#isAnsweredWhole) this.client.finish()
  }

  onFailure(failure: Failure): void {
    this.#connection = undefined
    if (this.#isOver || this.#isLate) return
    if (this.answeredBy === 'upstream') return void this.client.cut()
    // No byte was sent, so the webhook cannot arrive twice.
    if (failure !== 'broken' && this.#attempts === 1 && this.verdict !== undefined && 'params' in this.verdict) {
      const { verdict } = this
      setTimeout(() => {
        if (!this.#isOver && !this.#isLate) this.#forward(verdict)
      }, retryMs)
      return
    }
    this.refuse(failure === 'unreachable in time' ? 504 : 502)
  }

  onClose(): void {
    this.#isOver = true
    this.#body?.stop()
    this.#leaveUpstream()
    if (this.route?.given.replay !== undefined) this.#releaseOnFailure()
    this.route?.pool.release()
    this.#context.onEnd(this)
  }

  #leaveUpstream(): void {
    this.#connection?.abort()
    this.#connection = undefined
  }

  /** A delivery that failed may be sent again: after 401 (Twilio repeats with credentials), 5xx, or an incomplete answer. */
  #releaseOnFailure(): void {
    if (this.verdict !== undefined && (!this.client.isServed || this.status === 401 || this.status >= 500))
      release(this.verdict)
  }
}

const shortAnswer = 16 * 1024

function release(verdict: Verdict): void {
  if (verdict.ok) verdict.release().catch(() => undefined)
}
