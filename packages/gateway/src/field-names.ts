/** A name as somebody spells it. */
export interface FieldName<Kind> {
  /** With the colon. */
  readonly spelled: string
  readonly lower: string
  readonly kind: Kind
  /** What came after it the last time: a guess, which is checked. */
  next: FieldName<Kind> | undefined
}

const maxNames = 500

/** What names mean to one who reads heads. A hostile sender only fills the table up. */
export class FieldNames<Kind> {
  readonly #known = new Map<string, FieldName<Kind>>()
  readonly #classify: (lower: string) => Kind
  /** Stands before the first line. */
  readonly start: FieldName<Kind>

  constructor(classify: (lower: string) => Kind) {
    this.#classify = classify
    this.start = this.find('')
  }

  find(name: string): FieldName<Kind> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const lower = name.toLowerCase()
    const found = { spelled: `${name}:`, lower, kind: this.#classify(lower), next: undefined }
    if (this.#known.size < maxNames) this.#known.set(name, found)
    return found
  }

  /**
   * The name of the line that starts there, which must have a colon. Senders repeat the same lines in the same order, so that comparing
   * with what came last time spares most of the looking up.
   * @param previous of the line before
   */
  read(lines: string, start: number, previous: FieldName<Kind>): FieldName<Kind> {
    const guess = previous.next
    if (guess !== undefined && lines.startsWith(guess.spelled, start)) return guess
    const found = this.find(lines.slice(start, lines.indexOf(':', start)))
    previous.next = found
    return found
  }
}
