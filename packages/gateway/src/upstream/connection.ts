import { connect, isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connect as connectOverTls } from 'node:tls'
import { flushAtEndOfTurn, type Waiting } from '../end-of-turn.ts'
import { AnswerReader, type AnswerSink } from './answer-reader.ts'

/**
 * The reason for a missing or incomplete answer. With `'unreachable'` and `'unreachable in time'`,
 * no byte of the request was sent.
 */
export type Failure = 'unreachable' | 'unreachable in time' | 'broken'

/** Waits for an answer. After `onEnd` or `onFailure` it is not called again. */
export interface AnswerHandler extends AnswerSink {
  /** Called when the answer is complete. */
  onEnd(): void
  /** @param cause an error code, or a few words of this file */
  onFailure(failure: Failure, cause: string): void
}

/** A request as it is written to the connection. */
export interface OutgoingRequest {
  /** The request line, the fields and the empty line, as Latin-1. */
  readonly head: string
  readonly body: Uint8Array
  /** True for HEAD, whose answer has no body. */
  readonly isHead: boolean
}

/** The address of an upstream. */
export interface Origin {
  readonly isTls: boolean
  readonly host: string
  readonly port: number
}

/** Parses the origin of a URL. */
export function parseOrigin(url: string): Origin {
  const { hostname, port, protocol } = new URL(url)
  const isTls = protocol === 'https:'
  return { isTls, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isTls ? 443 : 80)) }
}

/** Opens a connection to an upstream, and calls `onReady` when requests can be sent. */
export function openSocket(
  { isTls, host, port }: Origin,
  more: Partial<TcpNetConnectOpts>,
  onReady: () => void,
): Socket {
  const kept = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
  // Tries the next address of a name if the first does not answer.
  const settings = { host, port, autoSelectFamily: true, ...kept, ...more }
  if (!isTls) return connect(settings, onReady)
  // An address is not a server name (RFC 6066 section 3).
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectOverTls({ ...settings, ...name, ALPNProtocols: ['http/1.1'] }, onReady)
}

/** The time limit of a connection attempt, with TLS. */
const connectMs = 3000
const late = 'no connection in time'

/** Up to this many bytes, head and body are written as one string, which is faster. */
const smallBody = 16 * 1024

// Answers to webhooks are short. Longer answers take several reads.
const readBytes = 64 * 1024

/**
 * All plain connections read into this buffer, and each read is processed at once. Node.js would
 * allocate 64 KiB for every read, which is a large part of a proxy's garbage.
 */
const shared = Buffer.allocUnsafeSlow(readBytes)

/** A connection to an upstream that is kept open and serves one request at a time. */
export class Connection implements Waiting {
  /** The socket. A client that is slower than the upstream pauses it. */
  readonly socket: Socket
  readonly #owner: ConnectionOwner
  #reader: AnswerReader | undefined
  #handler: AnswerHandler | undefined
  /** A request of which no byte was sent: it waits for the connection, or for the end of the turn. */
  #pending: OutgoingRequest | undefined
  #isConnected = false
  readonly #timer: NodeJS.Timeout
  readonly openedAt = performance.now()
  /** The time of `performance.now()` until which an idle connection can be used. */
  usableUntil = 0
  /** How many requests it has served. */
  served = 0
  #cause = 'connection closed'

  constructor(origin: Origin, owner: ConnectionOwner, lookup: LookupFunction) {
    this.#owner = owner
    this.socket = this.#open(origin, lookup)
    this.#timer = setTimeout(() => {
      this.#cause = late
      this.socket.destroy()
    }, connectMs)
    this.socket
      .on('end', () => this.#onEnd())
      .on('error', ({ code = 'error' }: NodeJS.ErrnoException) => {
        this.#cause = code
      })
      .once('close', () => this.#onClose())
  }

  /** Sends a request. The connection must be new or idle. */
  send(request: OutgoingRequest, handler: AnswerHandler): void {
    this.#handler = handler
    this.served++
    this.#reader = new AnswerReader(request.isHead, handler)
    this.#pending = request
    if (this.#isConnected) this.#write(request)
  }

  /** Closes the connection. Its handler is not called again. */
  abort(): void {
    this.#handler = undefined
    this.socket.destroy()
  }

  #open(origin: Origin, lookup: LookupFunction): Socket {
    const onReady = (): void => this.#onConnect()
    if (origin.isTls) return openSocket(origin, { lookup }, onReady).on('data', (bytes: Buffer) => this.#read(bytes))
    const callback = (length: number, bytes: Uint8Array): boolean => {
      this.#read((bytes as Buffer).subarray(0, length))
      // `false` would pause the socket. `pause()` does that here.
      return true
    }
    return openSocket(origin, { lookup, onread: { buffer: shared, callback } }, onReady)
  }

  #onConnect(): void {
    clearTimeout(this.#timer)
    this.#isConnected = true
    if (this.#pending !== undefined) this.#write(this.#pending)
  }

  #write({ head, body }: OutgoingRequest): void {
    const socket = this.socket
    socket.cork()
    flushAtEndOfTurn(this)
    if (body.length === 0) socket.write(head, 'latin1')
    else if (body.length <= smallBody) socket.write(head + asBuffer(body).toString('latin1'), 'latin1')
    else {
      socket.write(head, 'latin1')
      socket.write(body)
    }
  }

  flush(): void {
    // What the upstream closed in this turn gets no byte, so the request may be sent again.
    if (!this.socket.destroyed) this.#pending = undefined
    this.socket.uncork()
  }

  #read(bytes: Buffer): void {
    // No request was sent, so these bytes must not become the answer to the next one.
    if (this.#handler === undefined || this.#reader === undefined || this.#pending !== undefined)
      return void this.socket.destroy()
    const reading = this.#reader.read(bytes)
    if (reading === 'more') return
    if (reading === 'fault') {
      this.#cause = 'malformed answer'
      this.socket.destroy()
    } else this.#complete(reading === 'done')
  }

  #complete(mayStay: boolean): void {
    const handler = this.#handler
    this.#handler = undefined
    const { isReusable = false, keptSeconds } = this.#reader?.head ?? {}
    this.#reader = undefined
    // The connection is paused if the client was slow when the last piece arrived.
    if (this.socket.isPaused()) this.socket.resume()
    // If the upstream answered before it had read the whole request, it can stop reading.
    if (mayStay && isReusable && this.socket.writableLength === 0) this.#owner.onIdle(this, keptSeconds)
    else this.socket.destroy()
    handler?.onEnd()
  }

  #onEnd(): void {
    if (this.#reader?.head?.length === 'rest') this.#complete(false)
    else this.socket.destroy()
  }

  /** If a handler is still set, its answer is missing or incomplete. */
  #onClose(): void {
    clearTimeout(this.#timer)
    this.#owner.onClose(this)
    const failure =
      this.#pending === undefined ? 'broken' : this.#cause === late ? 'unreachable in time' : 'unreachable'
    this.#handler?.onFailure(failure, this.#cause)
  }
}

/** Receives the events of a connection. */
export interface ConnectionOwner {
  /** @param keptSeconds the seconds for which the upstream keeps the connection, if it says so */
  onIdle(connection: Connection, keptSeconds: number | undefined): void
  onClose(connection: Connection): void
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
