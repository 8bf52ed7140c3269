import { type ClientRequest, type IncomingMessage, request, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { answerOnSocket, formatHead, listAnswerFields } from './answers.ts'
import { chooseRoute, type ExchangeContext, ExchangeState, listForwardedFields, release } from './exchange.ts'
import { formatFields, listValues } from './fields.ts'
import { readHead } from './request-head.ts'
import type { OpenRoute } from './routes.ts'
import { sortAnswerFields } from './upstream/answer-head.ts'
import { maxHeadBytes } from './upstream/answer-reader.ts'
import { openSocket } from './upstream/connection.ts'

/**
 * A WebSocket handshake. Verifies it, forwards it, and joins both connections after the upstream
 * agreed.
 */
export class Handshake extends ExchangeState {
  readonly socket: Socket
  readonly #context: ExchangeContext
  readonly #first: Uint8Array
  readonly #deadline: NodeJS.Timeout
  #upstream: ClientRequest | undefined
  #isAnswered = false

  /** @param first the bytes that arrived after the head. They belong to the upstream. */
  constructor(req: IncomingMessage, first: Uint8Array, context: ExchangeContext) {
    super(req, context.config)
    const { socket } = req
    this.socket = socket
    this.#context = context
    this.#first = first
    this.#deadline = setTimeout(() => this.#expire(), this.config.timeoutMs)
    // Without a listener, an error of the socket would end the process.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#leave())
    // Streams run for hours and can be silent for a long time.
    socket.setTimeout(0)
    socket.setKeepAlive(true, 60_000)
  }

  async run(): Promise<void> {
    const { method, target } = this
    const { rawHeaders, httpVersion } = this.req
    const head = readHead(rawHeaders, httpVersion)
    // RFC 9110 section 7.8: HTTP/1.0 has no upgrades.
    if (httpVersion !== '1.1') return this.refuse(400)
    const route = chooseRoute(this.config, head, target)
    if (typeof route === 'number') return this.refuse(route)
    // If a handshake announced a body, a server could read its bytes as part of the stream.
    if (head.bodyLength !== 0) return this.refuse(400)
    this.route = route
    const { webSocket } = route
    const verdict = await route.verifier.verify({ method, url: target, headers: head.verified, handshake: webSocket })
    this.verdict = verdict
    if (this.#isAnswered || this.socket.destroyed) return
    if (!verdict.ok && (!('release' in verdict) || verdict.code === 'method_not_allowed'))
      return this.refuse(verdict.status)
    // An upstream without WebSockets would answer the handshake like any other GET.
    if (!webSocket) {
      release(verdict)
      return this.refuse(403)
    }
    this.trace = this.#context.startTrace?.(this)
    const fields = listForwardedFields(this, head, verdict)
    this.#connect(route, [...fields, 'Connection', 'Upgrade', 'Upgrade', 'websocket'])
  }

  refuse(status: number): void {
    if (this.#isAnswered) return
    this.status = status
    this.responseFields = listAnswerFields(status, true)
    answerOnSocket(this.socket, status)
    this.#markAnswered()
  }

  #connect(route: OpenRoute, headers: string[], isRetry = false): void {
    this.forwardedAt ??= performance.now()
    const { origin, lookup } = route.pool
    let isConnected = false
    const socket = openSocket(origin, { lookup, allowHalfOpen: true }, () => {
      isConnected = true
    })
    // No agent: it would not allow a half-closed connection.
    const upstream = request({ method: 'GET', path: this.target, headers, createConnection: () => socket })
    this.#upstream = upstream
    // By default Node.js drops the header lines after the 2,000th.
    upstream.maxHeadersCount = 0
    upstream.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => {
      if (this.#isAnswered) return
      if (isConnected || isRetry) {
        this.failure = code
        return this.refuse(502)
      }
      setTimeout(() => {
        if (!this.#isAnswered && !this.socket.destroyed) this.#connect(route, headers, true)
      }, 100)
    })
    let interim = 0
    upstream.on('information', ({ statusMessage, rawHeaders }) => {
      interim += `HTTP/1.1 100 ${statusMessage}\r\n${formatFields(rawHeaders)}\r\n`.length
      if (interim <= maxHeadBytes || this.#isAnswered) return
      this.failure = 'malformed answer'
      this.refuse(502)
      upstream.destroy()
    })
    upstream.once('upgrade', (answer, socket, first) => this.#open(answer, socket as Socket, first))
    upstream.once('response', (answer) => this.#decline(answer))
    upstream.end()
  }

  #open(answer: IncomingMessage, upstream: Socket, first: Uint8Array): void {
    if (this.#isAnswered || this.socket.destroyed) return void upstream.destroy()
    if (!agreesToWebSocket(answer)) {
      upstream.destroy()
      this.refuse(502)
      return
    }
    clearTimeout(this.#deadline)
    const { fields } = sortAnswerFields(answer.rawHeaders, 101)
    this.takeAnswer(101, [...fields, 'Connection', 'Upgrade', 'Upgrade', 'websocket'])
    this.socket.write(formatHead(101, answer.statusMessage ?? '', this.responseFields), 'latin1')
    if (first.length > 0) this.socket.write(first)
    if (this.#first.length > 0) upstream.write(this.#first)
    joinSockets(this.socket, upstream)
    this.#markAnswered()
  }

  /** Passes on the answer of an upstream that declined, and then closes the connection. */
  #decline(answer: IncomingMessage): void {
    if (this.#isAnswered || this.socket.destroyed) return void answer.destroy()
    const { statusCode: status = 502, statusMessage = '' } = answer
    // A 101 without Upgrade names no protocol. Node.js reads some heads that it refuses to write.
    if (status < 200 || !/^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage)) {
      answer.destroy()
      this.refuse(502)
      return
    }
    this.takeAnswer(status, [...sortAnswerFields(answer.rawHeaders, status).fields, 'Connection', 'close'])
    const res = new ServerResponse(this.req)
    res.assignSocket(this.socket)
    res.writeHead(status, statusMessage, [...this.responseFields])
    this.#isAnswered = true
    pipeline(answer, res, (error) => {
      // This code says that the client has left, and others are the upstream's.
      if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') this.failure ??= error.code ?? 'error'
      if (error) this.socket.destroy()
      else this.socket.destroySoon()
      this.#context.onEnd(this)
    })
  }

  #markAnswered(): void {
    this.#isAnswered = true
    this.#context.onEnd(this)
  }

  #expire(): void {
    if (this.forwardedAt !== undefined) this.failure = 'no whole answer in time'
    if (this.#isAnswered) this.socket.destroy()
    else this.refuse(this.verdict === undefined ? 408 : 504)
    this.#upstream?.destroy()
  }

  #leave(): void {
    clearTimeout(this.#deadline)
    if (!this.#isAnswered) {
      this.#upstream?.destroy()
      this.#markAnswered()
    }
  }
}

/** Returns true if the upstream switches to WebSocket and to no other protocol. */
function agreesToWebSocket({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  return httpVersion === '1.1' && listValues(rawHeaders, 'upgrade').join().toLowerCase() === 'websocket'
}

/** After one side has ended, the other has this long to end too. */
const halfCloseMs = 30_000

/**
 * Passes bytes in both directions, at the pace of the slower side, until both ended or one broke.
 */
function joinSockets(one: Socket, other: Socket): void {
  let timer: NodeJS.Timeout | undefined
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroySoon())
    from.on('end', () => {
      timer ??= setTimeout(() => {
        one.destroy()
        other.destroy()
      }, halfCloseMs)
    })
    from.on('close', () => {
      // Received bytes are still sent.
      to.destroySoon()
      if (to.destroyed) clearTimeout(timer)
    })
    from.pipe(to)
  }
}
