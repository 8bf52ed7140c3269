/** Where a row is: the number of its file, and the offset in the bytes of the file. */
type Place = readonly [file: number, offset: number]

// A row is the 32 digits of the AccountSid, the tokens with a line break between two, and a zero.
// Tokens have no control characters.
const sidBytes = 32
const lineBreak = 0x0a
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * The Auth Tokens of the accounts of one file, row after row. As objects, 200,000 accounts would
 * stop the process for up to 200 ms at each large garbage collection.
 */
export class AccountRows {
  bytes: Uint8Array
  size = 0
  #end = 0

  /** @param bytes an estimate of the size of all rows */
  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes)
  }

  /** @returns the offset of the row */
  add(accountSid: string, tokens: readonly string[]): number {
    const row = `${accountSid.slice(2)}${tokens.join('\n')}\0`
    this.#reserve(3 * row.length)
    const offset = this.#end
    this.size++
    this.#end += encoder.encodeInto(row, this.bytes.subarray(offset)).written
    return offset
  }

  /**
   * Adds a row of other bytes, where each token has as many digits as an AccountSid.
   * @param sid where the digits of the AccountSid begin
   * @param tokens where each token begins
   * @returns the offset of the row
   */
  copy(source: Uint8Array, sid: number, tokens: readonly number[]): number {
    this.#reserve((1 + tokens.length) * (sidBytes + 1))
    const { bytes } = this
    const offset = this.#end
    let end = copyDigits(source, sid, bytes, offset)
    for (const token of tokens) {
      end = copyDigits(source, token, bytes, end)
      bytes[end++] = lineBreak
    }
    bytes[end - 1] = 0
    this.size++
    this.#end = end
    return offset
  }

  /**
   * Gives back the bytes that the estimate was too large by. A quarter may stay, because the copy of
   * a large file takes longer than a slice.
   */
  trim(): void {
    if (this.#end < 0.75 * this.bytes.length) this.#resize(this.#end)
  }

  #reserve(bytes: number): void {
    if (this.bytes.length - this.#end < bytes) this.#resize(2 * this.bytes.length + bytes)
  }

  #resize(length: number): void {
    const bytes = new Uint8Array(length)
    bytes.set(this.bytes.subarray(0, this.#end))
    this.bytes = bytes
  }

  readSid(offset: number): string {
    return `AC${decoder.decode(this.bytes.subarray(offset, offset + sidBytes))}`
  }

  readTokens(offset: number): readonly string[] {
    const start = offset + sidBytes
    return decoder.decode(this.bytes.subarray(start, this.bytes.indexOf(0, start))).split('\n')
  }

  /** Lists the offsets of the rows. */
  *list(): Generator<number, void, void> {
    for (let offset = 0; offset < this.#end; offset = this.bytes.indexOf(0, offset) + 1) yield offset
  }
}

/** Copies in a loop, which takes less time than a view of so few bytes. */
function copyDigits(source: Uint8Array, start: number, target: Uint8Array, end: number): number {
  for (let index = 0; index < sidBytes; index++) target[end + index] = source[start + index] as number
  return end + sidBytes
}

/** Finds the rows of several files by AccountSid. It is a hash table with open addressing. */
export class AccountTable {
  readonly #files: readonly AccountRows[]
  /** For each slot the number of the file plus one, or 0 if it is free, and the offset. */
  readonly #slots: Uint32Array
  size = 0

  /** @param maxRows the greatest number of rows that are added */
  constructor(files: readonly AccountRows[], maxRows: number) {
    this.#files = files
    this.#slots = new Uint32Array(2 * 2 ** Math.ceil(Math.log2(2 * maxRows + 2)))
  }

  /** @returns the place of an earlier row of the same account. Then nothing is added. */
  add(file: number, offset: number): Place | undefined {
    const { bytes } = this.#files[file] as AccountRows
    const slot = this.#findSlot(bytes, offset)
    if (this.#slots[slot] !== 0) return this.#readSlot(slot)
    this.#slots[slot] = file + 1
    this.#slots[slot + 1] = offset
    this.size++
    return undefined
  }

  /** @param offset the place of an AccountSid in the bytes */
  has(bytes: Uint8Array, offset: number): boolean {
    return this.#readSlot(this.#findSlot(bytes, offset)) !== undefined
  }

  get(accountSid: string): readonly string[] | undefined {
    const sid = encoder.encode(accountSid.slice(2))
    if (!accountSid.startsWith('AC') || sid.length !== sidBytes) return undefined
    const [file, offset] = this.#readSlot(this.#findSlot(sid, 0)) ?? []
    return file === undefined || offset === undefined ? undefined : this.#files[file]?.readTokens(offset)
  }

  /** Returns the AccountSid if there is exactly one. */
  findOnly(): string | undefined {
    return this.size === 1 ? this.#files.find(({ size }) => size === 1)?.readSid(0) : undefined
  }

  #readSlot(slot: number): Place | undefined {
    const file = this.#slots[slot] ?? 0
    return file === 0 ? undefined : [file - 1, this.#slots[slot + 1] ?? 0]
  }

  /**
   * Returns the slot of an account, or the free one where it would be. Half of all slots are free.
   */
  #findSlot(bytes: Uint8Array, offset: number): number {
    const mask = this.#slots.length - 1
    // FNV-1a
    let hash = 0x811c9dc5
    for (let index = 0; index < sidBytes; index++) hash = Math.imul(hash ^ (bytes[offset + index] ?? 0), 0x01000193)
    const slots = this.#slots
    for (let slot = (2 * (hash ^ (hash >>> 15))) & mask; ; slot = (slot + 2) & mask) {
      const file = slots[slot] ?? 0
      if (file === 0) return slot
      const start = slots[slot + 1] ?? 0
      const other = (this.#files[file - 1] as AccountRows).bytes
      let same = 0
      while (same < sidBytes && other[start + same] === bytes[offset + same]) same++
      if (same === sidBytes) return slot
    }
  }
}
