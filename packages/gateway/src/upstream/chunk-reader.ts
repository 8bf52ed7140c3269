type State =
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'line'
  | 'field'
  | 'field-lf'
  | 'last-lf'
  | 'done'
  | 'fault'

const [tab, lf, cr, space, semicolon] = [9, 10, 13, 32, 59]

/** 16^11 bytes: far beyond any answer, and far below where numbers lose their units. */
const maxDigits = 11

/** Of extensions and trailers together, which nobody reads. */
const maxAside = 16 * 1024

/** Takes chunks apart (RFC 9112 section 7.1), and drops their extensions and trailers. What bends the grammar is a fault. */
export class ChunkReader {
  #state: State = 'size'
  #left = 0
  #digits = 0
  #aside = 0

  get isDone(): boolean {
    return this.#state === 'done'
  }

  get isFaulty(): boolean {
    return this.#state === 'fault'
  }

  /** Gives the data in `bytes` from `start` on to `onData`, and back where it stopped: at the end of the body, a fault, or the last byte. */
  read(bytes: Buffer, start: number, onData: (data: Buffer) => void): number {
    let at = start
    while (at < bytes.length && this.#state !== 'done' && this.#state !== 'fault') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left)
        this.#left -= end - at
        if (this.#left === 0) this.#state = 'data-cr'
        onData(bytes.subarray(at, end))
        at = end
      } else this.#state = this.#step(bytes[at++] as number)
    }
    return at
  }

  #step(byte: number): State {
    switch (this.#state) {
      case 'size':
        return this.#readSize(byte)
      case 'extension':
        if (byte === cr) return 'size-lf'
        return this.#isAside(byte) ? 'extension' : 'fault'
      case 'size-lf':
        this.#digits = 0
        if (byte !== lf) return 'fault'
        return this.#left === 0 ? 'line' : 'data'
      case 'data-cr':
        return byte === cr ? 'data-lf' : 'fault'
      case 'data-lf':
        return byte === lf ? 'size' : 'fault'
      case 'line':
        if (byte === cr) return 'last-lf'
        // A line that begins with white space goes on with the one before.
        return byte !== space && byte !== tab && this.#isAside(byte) ? 'field' : 'fault'
      case 'field':
        if (byte === cr) return 'field-lf'
        return this.#isAside(byte) ? 'field' : 'fault'
      case 'field-lf':
        return byte === lf ? 'line' : 'fault'
      case 'last-lf':
        return byte === lf ? 'done' : 'fault'
      default:
        return 'fault'
    }
  }

  #readSize(byte: number): State {
    const digit = readHex(byte)
    if (digit !== -1) {
      if (++this.#digits > maxDigits) return 'fault'
      this.#left = this.#left * 16 + digit
      return 'size'
    }
    if (this.#digits === 0) return 'fault'
    if (byte === cr) return 'size-lf'
    return byte === semicolon ? 'extension' : 'fault'
  }

  #isAside(byte: number): boolean {
    this.#aside++
    return this.#aside <= maxAside && (byte === tab || (byte >= 32 && byte !== 127))
  }
}

function readHex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
