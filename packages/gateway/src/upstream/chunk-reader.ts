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

/** 16^11 bytes is far more than any answer, and less than `Number.MAX_SAFE_INTEGER`. */
const maxDigits = 11

/** The limit for extensions and trailers together. Both are dropped. */
const maxAside = 16 * 1024

/**
 * Reads chunks (RFC 9112 section 7.1) and drops their extensions and trailers. Any deviation from
 * the grammar is a fault. An extension with a quoted value is a fault too, because no server sends
 * one.
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

  /**
   * Reads bytes and passes the data to `onData`.
   * @returns the index after the last byte that was read. It stops at the end of the body and at a
   * fault.
   */
  read(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0
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
        return this.#countAside() && (byte === tab || (byte >= 32 && byte !== 127)) ? 'value' : 'fault'
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
    if (byte === semicolon) return this.#countAside() ? 'extension' : 'fault'
    return this.#isToken(byte) ? state : 'fault'
  }

  #isToken(byte: number): boolean {
    return this.#countAside() && tokens.has(byte)
  }

  /** Counts a byte of an extension or a trailer. Returns false beyond the limit. */
  #countAside(): boolean {
    this.#aside++
    return this.#aside <= maxAside
  }
}

function readHex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
