import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accepted, Observed, Verdict } from 'tollgate'
import { answerOnSocket, canKeepOpen, lingerOnClose, listAnswerHeaders, textOf } from './answers.ts'
import { BodyReader } from './body-reader.ts'
import { Capture } from './capture.ts'
import type { Generation, OpenRoute } from './generation.ts'
import { chooseRoute, type Journey, listVerdictHeaders } from './journey.ts'
import { type RequestHead, readHead } from './request-head.ts'
import { atTurnEnd } from './turn-end.ts'
import type { AnswerHead } from './upstream/answer-head.ts'
import type { AnswerHandler, Connection, Failure } from './upstream/connection.ts'
import { formatRequest } from './upstream/outgoing-request.ts'

/** What a passage needs to know of the gateway around it. */
export interface Surroundings {
  readonly generation: Generation
  isClosing(): boolean
  onEnd(passage: Passage): void
}

/** How long to wait before the one attempt to connect again. */
const retryMs = 100

/** One request on its way: verified, forwarded, and its answer brought back. */
export class Passage implements AnswerHandler, Journey {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly generation: Generation
  readonly startedAt = performance.now()
  readonly head: RequestHead
  readonly responseBody: Capture | undefined
  route: OpenRoute | undefined
  verdict: Verdict | undefined
  /** 0: the client left first. */
  status = 0
  answeredBy: 'upstream' | 'gateway' = 'gateway'
  responseHeaders: string[] = []
  /** Its neighbours among those under way. */
  previous: Passage | undefined
  next: Passage | undefined
  readonly #around: Surroundings
  #reader: BodyReader | undefined
  readonly #deadline: NodeJS.Timeout
  #connection: Connection | undefined
  #attempts = 0
  #isLate = false
  #isBroken = false
  #isOver = false
  /** The length of the upstream's answer, where it is short enough to be sent in one piece. */
  #announced = 0
  /** An answer that came in one piece, until it leaves. */
  #answer: string | undefined

  constructor(req: IncomingMessage, res: ServerResponse, around: Surroundings) {
    this.req = req
    this.res = res
    this.#around = around
    this.generation = around.generation
    this.head = readHead(req.rawHeaders, req.httpVersion)
    if (this.generation.onExchange !== undefined) this.responseBody = new Capture(this.generation.captureBytes)
    this.#deadline = setTimeout(expire, this.generation.timeoutMs, this)
    res.once('close', () => this.#end())
    // A connection that breaks is seen by `close`; without a listener it would end the process.
    res.on('error', ignore)
  }

  async run(): Promise<void> {
    const { head, req } = this
    const target = req.url ?? ''
    if (this.#around.isClosing()) return this.refuse(503)
    const route = chooseRoute(this.generation, head, target)
    if (typeof route === 'number') return this.refuse(route)
    this.route = route
    route.pool.hold()
    const hasBody = head.bodyLength !== 0
    if (hasBody)
      this.#reader = new BodyReader(req, this.res, {
        maxBytes: route.maxBodyBytes,
        bodyLength: head.bodyLength,
        expectsContinue: head.expectsContinue,
        peers: this.generation.peers,
      })
    const verdict = await route.verifier.verify({
      method: req.method ?? '',
      url: target,
      headers: head.verified,
      body: this.#reader,
    })
    this.#reader?.stop()
    this.verdict = verdict
    if (this.#isOver || this.#isBroken || this.res.headersSent) return
    if (!verdict.ok && !('params' in verdict)) return this.refuse(verdict.status)
    this.#forward(verdict)
  }

  get requestBody(): Uint8Array | undefined {
    return this.#reader?.received
  }

  /** Answers without the upstream. */
  refuse(status: number): void {
    if (this.#isOver || this.res.headersSent) return void this.res.destroy()
    this.status = status
    const isReusable = canKeepOpen(this.req, this.head.bodyLength) && status !== 400 && status !== 408
    const close = !isReusable || this.#around.isClosing()
    if (close && !this.req.complete) lingerOnClose(this.req)
    this.responseHeaders = listAnswerHeaders(status, close)
    this.res.writeHead(status, this.responseHeaders).end(textOf(status))
  }

  /** The bytes of the request cannot be read on. */
  break(status: number): void {
    if (this.res.writableEnded) this.req.socket.destroySoon()
    else if (this.res.headersSent) this.req.socket.destroy()
    else {
      this.#isBroken = true
      this.status = status
      this.responseHeaders = listAnswerHeaders(status, true)
      answerOnSocket(this.req.socket, status)
    }
  }

  expire(): void {
    this.#isLate = true
    if (this.verdict === undefined) this.refuse(408)
    else if (!this.res.headersSent) this.refuse(504)
    else this.res.destroy()
    this.#leaveUpstream()
  }

  #forward(verdict: Accepted | Observed): void {
    const { head, req, route } = this
    const request = formatRequest(req.method ?? '', req.url ?? '', head, listVerdictHeaders(verdict), verdict.body)
    if (request === undefined || route === undefined) return void this.refuse(502)
    this.#attempts++
    this.#connection = route.pool.pool.send(request, this)
  }

  onHead({ status, statusText, headers, length }: AnswerHead): void {
    if (this.#isOver || this.res.headersSent) return
    if (this.#around.isClosing()) headers.push('Connection', 'close')
    this.res.writeHead(status, statusText, headers)
    this.status = status
    this.answeredBy = 'upstream'
    this.responseHeaders = headers
    if (typeof length === 'number' && length <= shortAnswer) this.#announced = length
  }

  onData(bytes: Buffer): void {
    if (this.#isOver || this.res.writableEnded) return
    this.responseBody?.add(bytes)
    if (bytes.length === this.#announced) {
      this.#answer = bytes.toString('latin1')
      atTurnEnd(() => this.#answerAtOnce())
      return
    }
    if (this.res.write(Buffer.from(bytes))) return
    this.#connection?.pause()
    this.res.once('drain', () => this.#connection?.resume())
  }

  /** As text it leaves in one write with the head; Latin-1 is one byte per character. Corked, so that `end` has nothing to add. */
  #answerAtOnce(): void {
    const { res } = this
    const { socket } = res
    if (this.#isOver || res.destroyed) return
    socket?.cork()
    res.write(this.#answer, 'latin1')
    socket?.uncork()
    res.end()
  }

  onEnd(): void {
    this.#connection = undefined
    if (this.answeredBy === 'upstream' && this.#answer === undefined) this.res.end()
  }

  onFailure(failure: Failure): void {
    this.#connection = undefined
    if (this.#isOver || this.#isLate) return
    if (this.answeredBy === 'upstream') return void this.res.destroy()
    // No byte was sent: a webhook cannot arrive twice by it.
    if (failure !== 'broken' && this.#attempts === 1 && this.verdict !== undefined && 'params' in this.verdict) {
      const { verdict } = this
      setTimeout(() => {
        if (!this.#isOver && !this.#isLate) this.#forward(verdict)
      }, retryMs)
      return
    }
    this.refuse(failure === 'unreachable in time' ? 504 : 502)
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#deadline)
    this.#reader?.stop()
    this.#leaveUpstream()
    if (this.route?.given.replay !== undefined) this.#releaseOnFailure()
    this.route?.pool.release()
    this.#around.onEnd(this)
  }

  #leaveUpstream(): void {
    this.#connection?.abort()
    this.#connection = undefined
  }

  /** A delivery that failed may be sent again: 401 (Twilio repeats with credentials), 5xx, or no whole answer at all. */
  #releaseOnFailure(): void {
    if (this.verdict?.ok && (!this.res.writableFinished || this.status === 401 || this.status >= 500))
      this.verdict.release().catch(() => undefined)
  }
}

const shortAnswer = 16 * 1024

function expire(passage: Passage): void {
  passage.expire()
}

function ignore(): void {}
