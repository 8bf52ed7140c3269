import type { Peers, Release } from '../peers.ts'
import type { RequestBody } from './caller.ts'

/** A body that is here, and counts as one that is being read: where its peer has too many, it waits for those. */
export class ArrivedBody implements RequestBody {
  readonly received: Uint8Array
  #release: Release
  #hasRoom = false
  #onRoom: (() => void) | undefined

  constructor(bytes: Uint8Array, address: string | undefined, peers: Peers) {
    this.received = bytes
    this.#release = peers.take(address, bytes.length, (release) => {
      this.#release = release
      this.#hasRoom = true
      this.#onRoom?.()
    })
  }

  get source(): Uint8Array | AsyncIterable<Uint8Array> {
    return this.#hasRoom ? this.received : this.#wait()
  }

  stop(): void {
    this.#release()
  }

  async *#wait(): AsyncGenerator<Uint8Array> {
    await new Promise<void>((resolve) => {
      if (this.#hasRoom) resolve()
      this.#onRoom = resolve
    })
    yield this.received
  }
}
