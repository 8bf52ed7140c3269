import { connect as connectPlainly, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader, type AnswerSink } from './answer-reader.ts'

/** Why no answer came, or no whole one. The first two: no byte of the request was sent. */
export type Failure = 'unreachable' | 'unreachable in time' | 'broken'

/** Who waits for an answer. After `onEnd` or `onFailure` nothing more comes. */
export interface AnswerHandler extends AnswerSink {
  /** The answer is complete. */
  onEnd(): void
  onFailure(failure: Failure): void
}

/** A request as it is written. */
export interface OutgoingRequest {
  /** From the request line to the empty line, as Latin-1. */
  readonly head: string
  readonly body: Uint8Array
  /** It is answered without a body. */
  readonly isHead: boolean
}

export interface Origin {
  readonly isTls: boolean
  readonly host: string
  readonly port: number
}

/** Up to this many bytes, body and head leave as one text: cheaper than two pieces. */
const smallBody = 16 * 1024

// Answers to webhooks are short. What is longer comes in several reads.
const readBytes = 64 * 1024

/**
 * All plain connections read into one buffer, and what is read of it is taken at once. Node.js would allocate 64 KiB for every read
 * and give most of it back, which makes for much of a proxy's garbage.
 */
const shared = Buffer.allocUnsafeSlow(readBytes)

/** A kept connection to an upstream, which serves one request at a time. */
export class Connection implements AnswerSink {
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  #reader: AnswerReader | undefined
  #handler: AnswerHandler | undefined
  /** It waits for the connection: nothing of it was written. */
  #pending: OutgoingRequest | undefined
  #head: AnswerHead | undefined
  #isConnected = false
  #isLate = false
  readonly #timer: NodeJS.Timeout
  /** Until when it may be used, by the clock of `performance.now()`. */
  usableUntil = 0

  constructor(origin: Origin, connectTimeoutMs: number, owner: ConnectionOwner) {
    this.#owner = owner
    this.#socket = this.#open(origin)
    this.#timer = setTimeout(() => {
      this.#isLate = true
      this.#socket.destroy()
    }, connectTimeoutMs)
    this.#socket
      .once(origin.isTls ? 'secureConnect' : 'connect', () => this.#connected())
      .on('end', () => this.#ended())
      .on('error', ignore)
      .once('close', () => this.#closed())
  }

  /** To be called when it is idle, or new. */
  send(request: OutgoingRequest, handler: AnswerHandler): void {
    this.#handler = handler
    this.#head = undefined
    this.#reader = new AnswerReader(request.isHead, this)
    if (this.#isConnected) this.#write(request)
    else this.#pending = request
  }

  onHead(head: AnswerHead): void {
    this.#head = head
    this.#handler?.onHead(head)
  }

  onData(bytes: Buffer): void {
    this.#handler?.onData(bytes)
  }

  get isUsable(): boolean {
    return !this.#socket.destroyed && this.#handler === undefined
  }

  /** Nobody waits any more. */
  abort(): void {
    this.#handler = undefined
    this.#socket.destroy()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  #open({ isTls, host, port }: Origin): Socket {
    const settings = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
    if (isTls) {
      const name = isIP(host) === 0 ? { servername: host } : {}
      const socket = connectTls({ ...settings, ...name, ALPNProtocols: ['http/1.1'] })
      return socket.on('data', (bytes: Buffer) => this.#read(bytes))
    }
    const callback = (length: number, bytes: Uint8Array): boolean => {
      this.#read((bytes as Buffer).subarray(0, length))
      // Not for the time being is said by pause().
      return true
    }
    return connectPlainly({ ...settings, onread: { buffer: shared, callback } })
  }

  #connected(): void {
    clearTimeout(this.#timer)
    this.#isConnected = true
    const request = this.#pending
    if (request === undefined) return
    this.#pending = undefined
    this.#write(request)
  }

  #write({ head, body }: OutgoingRequest): void {
    const socket = this.#socket
    if (body.length === 0) socket.write(head, 'latin1')
    else if (body.length <= smallBody) socket.write(head + asBuffer(body).toString('latin1'), 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
  }

  #read(bytes: Buffer): void {
    // Nobody asked yet: whatever it is, it must not become the next request's answer.
    if (this.#handler === undefined || this.#reader === undefined || this.#pending !== undefined)
      return void this.#socket.destroy()
    const reading = this.#reader.read(bytes)
    if (reading === 'more') return
    if (reading === 'fault') this.#socket.destroy()
    else this.#complete(reading === 'done')
  }

  #complete(mayStay: boolean): void {
    const handler = this.#handler
    this.#handler = undefined
    this.#reader = undefined
    const { isReusable = false, keptSeconds } = this.#head ?? {}
    // The last piece may have been too much for the client at once.
    if (this.#socket.isPaused()) this.#socket.resume()
    // An upstream that answers before it has read everything may read on, or not.
    if (mayStay && isReusable && this.#socket.writableLength === 0) this.#owner.onIdle(this, keptSeconds)
    else this.#socket.destroy()
    handler?.onEnd()
  }

  #ended(): void {
    if (this.#pending === undefined && this.#reader?.end() === 'done') this.#complete(false)
    else this.#socket.destroy()
  }

  /** Whoever still waits then has no whole answer. */
  #closed(): void {
    clearTimeout(this.#timer)
    this.#owner.onClose(this)
    const handler = this.#handler
    this.#handler = undefined
    handler?.onFailure(this.#pending === undefined ? 'broken' : this.#isLate ? 'unreachable in time' : 'unreachable')
  }
}

export interface ConnectionOwner {
  /** @param keptSeconds how long the upstream keeps it, where it says so */
  onIdle(connection: Connection, keptSeconds: number | undefined): void
  onClose(connection: Connection): void
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function ignore(): void {}
