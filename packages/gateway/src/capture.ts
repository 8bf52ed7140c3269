import type { HeaderList } from './options.ts'

/** Keeps the first bytes of a body. */
export class Capture {
  readonly #chunks: Uint8Array[] = []
  readonly #limit: number
  #length = 0
  truncated = false

  constructor(limit: number) {
    this.#limit = limit
  }

  add(chunk: Uint8Array): void {
    const room = this.#limit - this.#length
    if (chunk.length > room) this.truncated = true
    if (room <= 0) return
    // A copy: pools use their buffers again.
    const kept = Uint8Array.prototype.slice.call(chunk, 0, room)
    this.#chunks.push(kept)
    this.#length += kept.length
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks, this.#length)
  }
}

export function toHeaderList(flat: readonly string[]): HeaderList {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] as string,
    flat[2 * index + 1] as string,
  ])
}
