import type { Socket } from 'node:net'
import { PlainCaller } from './plain-caller.ts'
import { readPlainRequest } from './plain-request.ts'

export interface PlainConnectionOwner {
  onRequest(caller: PlainCaller): void
  /** It sends something else, which is in the socket again: `node:http` reads on. */
  onOther(connection: PlainConnection, socket: Socket): void
  onClose(connection: PlainConnection): void
}

/** A client's connection as long as it brings plain requests, one after the other. */
export class PlainConnection {
  readonly remoteAddress: string | undefined
  readonly #socket: Socket
  readonly #owner: PlainConnectionOwner
  #caller: PlainCaller | undefined
  /** What came before the answer to what came before had left. */
  #held: Buffer | undefined
  /** Sweeps that it has been idle for. */
  idleSweeps = 0
  isNew = true

  constructor(socket: Socket, owner: PlainConnectionOwner) {
    this.remoteAddress = socket.remoteAddress
    this.#socket = socket
    this.#owner = owner
    socket
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('drain', this.#onDrain)
      .on('error', ignore)
      .on('close', this.#onClose)
  }

  get isIdle(): boolean {
    return this.#caller === undefined
  }

  /** The answer has left. */
  served(mayStay: boolean): void {
    this.#caller = undefined
    this.idleSweeps = 0
    const held = this.#held
    // Whatever still comes then is no request any more.
    if (!mayStay) this.#socket.off('data', this.#onData).destroySoon()
    else if (held !== undefined) this.handOver(held)
  }

  handOver(bytes?: Buffer): void {
    const socket = this.#socket
    socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('drain', this.#onDrain)
      .off('error', ignore)
      .off('close', this.#onClose)
    // Until the next listener is there.
    socket.pause()
    if (bytes !== undefined) socket.unshift(bytes)
    this.#owner.onOther(this, socket)
    socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#caller !== undefined) {
      this.#held = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes])
      this.#socket.pause()
      return
    }
    const request = readPlainRequest(bytes)
    if (request === undefined) {
      this.handOver(bytes)
      return
    }
    this.isNew = false
    this.#caller = new PlainCaller(request, this.#socket, this)
    this.#owner.onRequest(this.#caller)
  }

  /** As with `node:http`: a client that says no more has left. */
  readonly #onEnd = (): void => {
    this.#socket.destroy()
  }

  readonly #onDrain = (): void => {
    this.#caller?.drained()
  }

  readonly #onClose = (): void => {
    const caller = this.#caller
    this.#caller = undefined
    this.#owner.onClose(this)
    caller?.closed()
  }
}

function ignore(): void {}
