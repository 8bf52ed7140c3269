import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { pipeline, Transform } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { Verdict } from 'tollgate'
import { answerOnSocket, formatHead, listAnswerFields } from './answers.ts'
import type { ConfigSnapshot, OpenRoute } from './config-snapshot.ts'
import { chooseRoute, type ExchangeState, listVerdictFields } from './exchange.ts'
import { type RequestHead, readHead } from './request-head.ts'
import { listResponseHeaders } from './response-head.ts'
import { joinSockets } from './tunnel.ts'

interface HandshakeContext {
  readonly config: ConfigSnapshot
  /** The handshake was answered. A tunnel may have opened. */
  onAnswer(handshake: Handshake): void
  onClose(handshake: Handshake): void
}

/** A WebSocket handshake: verified, sent on, and both connections joined once the upstream agreed. */
export class Handshake implements ExchangeState {
  readonly client: ExchangeState['client']
  readonly socket: Socket
  readonly config: ConfigSnapshot
  readonly startedAt = performance.now()
  readonly head: RequestHead
  readonly requestBody = undefined
  readonly responseBody = undefined
  route: OpenRoute | undefined
  verdict: Verdict | undefined
  status = 0
  answeredBy: 'upstream' | 'gateway' = 'gateway'
  responseFields: readonly string[] = []
  readonly #req: IncomingMessage
  readonly #context: HandshakeContext
  readonly #first: Uint8Array
  readonly #deadline: NodeJS.Timeout
  #upstream: ClientRequest | undefined
  #isAnswered = false

  /** @param first what came after the handshake's head: nothing may be answered before it was passed on. */
  constructor(req: IncomingMessage, socket: Socket, first: Uint8Array, context: HandshakeContext) {
    this.#req = req
    this.client = { method: req.method ?? '', target: req.url ?? '', rawFields: req.rawHeaders, socket }
    this.socket = socket
    this.config = context.config
    this.head = readHead(req.rawHeaders, req.httpVersion)
    this.#context = context
    this.#first = first
    this.#deadline = setTimeout(() => this.#expire(), this.config.timeoutMs)
    // Node.js leaves the socket to us: an error that nobody listens for would end the process.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#leave())
    // Streams run for hours, and are silent as long as the call is.
    socket.setTimeout(0)
    socket.setKeepAlive(true, 60_000)
  }

  async run(): Promise<void> {
    const { head } = this
    const { method, target } = this.client
    // RFC 9110 section 7.8: HTTP/1.0 knows no upgrade.
    if (this.#req.httpVersion !== '1.1') return this.refuse(400)
    const route = chooseRoute(this.config, head, target)
    if (typeof route === 'number') return this.refuse(route)
    // Where a handshake announces a body, its bytes could be taken for the stream's.
    if (head.bodyLength !== 0) return this.refuse(400)
    this.route = route
    route.pool.hold()
    const { webSocket } = route
    const verdict = await route.verifier.verify({ method, url: target, headers: head.verified, handshake: webSocket })
    this.verdict = verdict
    if (this.#isAnswered || this.socket.destroyed) return
    if (!verdict.ok && (!('params' in verdict) || verdict.code === 'method_not_allowed'))
      return this.refuse(verdict.status)
    // An upstream that opens no sockets would answer the handshake like any other GET.
    if (!webSocket) {
      verdict.release().catch(() => undefined)
      return this.refuse(403)
    }
    const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'websocket']
    this.#connect(route, [...head.fields, ...upgrade, ...listVerdictFields(verdict)])
  }

  refuse(status: number): void {
    if (this.#isAnswered) return
    this.status = status
    this.responseFields = listAnswerFields(status, true)
    answerOnSocket(this.socket, status)
    this.#answered()
  }

  #connect(route: OpenRoute, headers: string[], isRetry = false): void {
    const { hostname, port, protocol } = new URL(route.upstream)
    const isTls = protocol === 'https:'
    const host = hostname.replace(/^\[|\]$/g, '')
    let isConnected = false
    const to = { host, port: Number(port || (isTls ? 443 : 80)), allowHalfOpen: true, noDelay: true }
    const upstream = (isTls ? requestTls : request)({
      method: 'GET',
      path: this.client.target,
      headers: headers as unknown as string[],
      // Without an agent, which would neither take this connection nor let it go half-closed.
      createConnection: () =>
        isTls ? connectTls({ ...to, servername: host, ALPNProtocols: ['http/1.1'] }) : connect(to),
    })
    this.#upstream = upstream
    // By default Node.js leaves out the lines after the 2,000th.
    upstream.maxHeadersCount = 0
    upstream.once('socket', (socket) =>
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        isConnected = true
      }),
    )
    upstream.on('error', () => {
      if (this.#isAnswered) return
      if (isConnected || isRetry) return this.refuse(502)
      setTimeout(() => {
        if (!this.#isAnswered && !this.socket.destroyed) this.#connect(route, headers, true)
      }, 100)
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
    this.#take(answer, answer.rawHeaders)
    upstream.setTimeout(0)
    upstream.setKeepAlive(true, 60_000)
    this.socket.write(formatHead(101, answer.statusMessage ?? '', this.responseFields), 'latin1')
    if (first.length > 0) this.socket.write(first)
    if (this.#first.length > 0) upstream.write(this.#first)
    joinSockets(this.socket, upstream, () => undefined)
    this.#answered()
  }

  /** The upstream answered as to any request: its answer is passed on, and nothing after it. */
  #decline(answer: IncomingMessage): void {
    if (this.#isAnswered || this.socket.destroyed) return void answer.destroy()
    const { statusCode: status = 502, headers } = answer
    // A change of protocol that names none is no answer.
    if (status === 101) {
      answer.destroy()
      this.refuse(502)
      return
    }
    // Without a length, only chunks show the client whether the answer is complete.
    const isChunked = headers['content-length'] === undefined && status !== 204 && status !== 304
    const framing = isChunked ? ['Transfer-Encoding', 'chunked'] : []
    this.#take(answer, [...listResponseHeaders(answer.rawHeaders), ...framing, 'Connection', 'close'])
    this.socket.write(formatHead(status, answer.statusMessage ?? '', this.responseFields), 'latin1')
    pipeline(isChunked ? [answer, toChunks(), this.socket] : [answer, this.socket], () => this.socket.destroy())
    this.#answered()
  }

  #take(answer: IncomingMessage, fields: readonly string[]): void {
    this.status = answer.statusCode ?? 502
    this.answeredBy = 'upstream'
    this.responseFields = fields
  }

  #answered(): void {
    this.#isAnswered = true
    this.#context.onAnswer(this)
  }

  #expire(): void {
    if (this.#isAnswered) this.socket.destroy()
    else this.refuse(this.verdict === undefined ? 408 : 504)
    this.#upstream?.destroy()
  }

  #leave(): void {
    clearTimeout(this.#deadline)
    if (!this.#isAnswered) {
      this.#upstream?.destroy()
      this.#answered()
    }
    this.route?.pool.release()
    this.#context.onClose(this)
  }
}

/** To a WebSocket, and to no other protocol beside it. */
function agreesToWebSocket({ httpVersion, headersDistinct }: IncomingMessage): boolean {
  const protocols = headersDistinct.upgrade ?? []
  return httpVersion === '1.1' && protocols.length === 1 && protocols[0]?.toLowerCase() === 'websocket'
}

/** Chunks as in RFC 9112 section 7.1. The last one comes only when the source has ended as it should. */
function toChunks(): Transform {
  return new Transform({
    transform(bytes: Buffer, _, done) {
      done(null, Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]))
    },
    flush(done) {
      done(null, '0\r\n\r\n')
    },
  })
}
