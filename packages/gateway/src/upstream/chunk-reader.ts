type State =
  | 'size'
  | 'extension'
  | 'extension-name'
  | 'extension-value'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'line'
  | 'name'
  | 'value'
  | 'value-lf'
  | 'last-lf'
  | 'done'
  | 'fault'

const [tab, lf, cr, colon, semicolon, equals] = [9, 10, 13, 58, 59, 61]

/** The characters of a token (RFC 9110 section 5.6.2). */
const tokens = new Set(Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))

/** 16^11 bytes: far beyond any answer, and far below where numbers lose their units. */
const maxDigits = 11

/** Of extensions and trailers together, which nobody reads. */
const maxAside = 16 * 1024

/**
 * Reads chunks (RFC 9112 section 7.1), and drops their extensions and trailers. What bends the grammar is a fault, and so is an
 * extension with a quoted value, which no server sends.
 */
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
        return this.#isToken(byte) ? 'extension-name' : 'fault'
      case 'extension-name':
        if (byte === equals) return 'extension-value'
        return this.#readExtension(byte, 'extension-name')
      case 'extension-value':
        return this.#readExtension(byte, 'extension-value')
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
        return this.#isToken(byte) ? 'name' : 'fault'
      case 'name':
        if (byte === colon) return 'value'
        return this.#isToken(byte) ? 'name' : 'fault'
      case 'value':
        if (byte === cr) return 'value-lf'
        return this.#isAside() && (byte === tab || (byte >= 32 && byte !== 127)) ? 'value' : 'fault'
      case 'value-lf':
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

  #readExtension(byte: number, state: State): State {
    if (byte === cr) return 'size-lf'
    if (byte === semicolon) return this.#isAside() ? 'extension' : 'fault'
    return this.#isToken(byte) ? state : 'fault'
  }

  #isToken(byte: number): boolean {
    return this.#isAside() && tokens.has(byte)
  }

  /** Counts a byte of an extension or a trailer. */
  #isAside(): boolean {
    this.#aside++
    return this.#aside <= maxAside
  }
}

function readHex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
