import { isAccountSid } from '../checks/secrets.ts'
import { type KeyFile, readEntry } from './key-file.ts'

/** Where an account is: the number of its file, and the offset of its entry in the bytes. */
type Place = readonly [file: number, offset: number]

const sidBytes = 32
const encoder = new TextEncoder()

/** Finds the accounts of several files. It is a hash table with open addressing. */
export class AccountTable {
  readonly #files: readonly KeyFile[]
  /** For each slot the number of the file plus one, or 0 if it is free, and the offset. */
  readonly #slots: Uint32Array
  #size = 0

  constructor(files: readonly KeyFile[]) {
    this.#files = files
    const rows = files.reduce((sum, { accounts }) => sum + accounts.length, 0)
    this.#slots = new Uint32Array(2 * 2 ** Math.ceil(Math.log2(2 * rows + 2)))
  }

  get size(): number {
    return this.#size
  }

  /** @returns the place of an earlier entry of the same account. Then nothing is added. */
  add(file: number, offset: number): Place | undefined {
    const slot = this.#findSlot((this.#files[file] as KeyFile).bytes, offset)
    if (this.#slots[slot] !== 0) return this.#readSlot(slot)
    this.#slots[slot] = file + 1
    this.#slots[slot + 1] = offset
    this.#size++
    return undefined
  }

  /** @param offset where the entry of an account begins in the bytes */
  has(bytes: Uint8Array, offset: number): boolean {
    return this.#slots[this.#findSlot(bytes, offset)] !== 0
  }

  get(accountSid: string): { readonly authToken: readonly string[]; readonly accountSid: string } | undefined {
    if (!isAccountSid(accountSid)) return undefined
    const slot = this.#findSlot(encoder.encode(`"${accountSid}`), 0)
    return this.#slots[slot] === 0 ? undefined : this.#read(slot)
  }

  /** Reads the only account, if there is exactly one. */
  getOnly(): { readonly authToken: readonly string[]; readonly accountSid: string } | undefined {
    if (this.#size !== 1) return undefined
    return this.#read(this.#slots.findIndex((file, index) => index % 2 === 0 && file !== 0))
  }

  #read(slot: number): { readonly authToken: readonly string[]; readonly accountSid: string } {
    const [file, offset] = this.#readSlot(slot)
    const { name, value } = readEntry((this.#files[file] as KeyFile).bytes, offset)
    return { authToken: [value].flat() as string[], accountSid: name }
  }

  #readSlot(slot: number): Place {
    return [(this.#slots[slot] as number) - 1, this.#slots[slot + 1] as number]
  }

  /**
   * Returns the slot of an account, or the free one where it would be. Half of all slots are free.
   */
  #findSlot(bytes: Uint8Array, offset: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const start = offset + digitsAt
    // FNV-1a
    let hash = 0x811c9dc5
    for (let index = 0; index < sidBytes; index++) hash = Math.imul(hash ^ (bytes[start + index] ?? 0), 0x01000193)
    for (let slot = (2 * (hash ^ (hash >>> 15))) & mask; ; slot = (slot + 2) & mask) {
      const file = slots[slot] as number
      if (file === 0) return slot
      const other = (this.#files[file - 1] as KeyFile).bytes
      const otherStart = (slots[slot + 1] as number) + digitsAt
      let same = 0
      while (same < sidBytes && other[otherStart + same] === bytes[start + same]) same++
      if (same === sidBytes) return slot
    }
  }
}

// `"AC`
const digitsAt = 3
