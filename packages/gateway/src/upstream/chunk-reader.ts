const token = "[\\w!#$%&'*+\\-.^`|~]+"

/**
 * The size of a chunk and its extensions. An extension with a quoted value is a fault, because no
 * server sends one. 16^11 bytes is far more than any answer, and less than
 * `Number.MAX_SAFE_INTEGER`.
 */
const sizeLine = new RegExp(`^([0-9a-f]{1,11})((?:;${token}(?:=(?:${token})?)?)*)\\r\\n$`, 'i')

const trailerLine = new RegExp(`^${token}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n$`)

/** The limit for extensions and trailers together, and for a line. They are dropped. */
const maxAside = 16 * 1024

const lf = 10

/**
 * Reads chunks (RFC 9112 section 7.1) and drops their extensions and trailers. Any deviation from
 * the grammar is a fault.
 */
export class ChunkReader {
  /** The next line, after the data that is left. */
  #state: 'size' | 'data-end' | 'trailer' | 'done' | 'fault' = 'size'
  /** The bytes of data that are left. */
  #left = 0
  #line = ''
  #aside = 0

  get isDone(): boolean {
    return this.#state === 'done'
  }

  get isFaulty(): boolean {
    return this.#state === 'fault'
  }

  /**
   * Reads bytes and passes the data to `onData`.
   * @returns the index after the last byte that was read. It stops at the end of the body and at a
   * fault.
   */
  read(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0
    while (at < bytes.length && !this.isDone && !this.isFaulty) {
      if (this.#left === 0) {
        at = this.#readLine(bytes, at)
        continue
      }
      const end = Math.min(bytes.length, at + this.#left)
      this.#left -= end - at
      onData(bytes.subarray(at, end))
      at = end
    }
    return at
  }

  /** Reads a line, or as much of it as has arrived. Returns the index after it. */
  #readLine(bytes: Buffer, start: number): number {
    const lfAt = bytes.indexOf(lf, start)
    const end = lfAt === -1 ? bytes.length : lfAt + 1
    this.#line += bytes.toString('latin1', start, end)
    if (this.#line.length > maxAside) this.#state = 'fault'
    else if (lfAt !== -1) {
      this.#state = this.#parse(this.#line)
      this.#line = ''
    }
    return end
  }

  #parse(line: string): 'size' | 'data-end' | 'trailer' | 'done' | 'fault' {
    const isEmpty = line === '\r\n'
    if (this.#state === 'data-end') return isEmpty ? 'size' : 'fault'
    if (this.#state === 'trailer') {
      if (isEmpty) return 'done'
      this.#aside += line.length
      return trailerLine.test(line) && this.#aside <= maxAside ? 'trailer' : 'fault'
    }
    const [, digits, extensions = ''] = sizeLine.exec(line) ?? []
    this.#aside += extensions.length
    if (digits === undefined || this.#aside > maxAside) return 'fault'
    this.#left = Number.parseInt(digits, 16)
    return this.#left === 0 ? 'trailer' : 'data-end'
  }
}
