/** A name as a sender spells it. */
export interface FieldName<Kind> {
  readonly lower: string
  readonly kind: Kind
}

const maxNames = 500

/** The meaning of field names to a reader of heads. A hostile sender can only fill the table, which then grows no more. */
export class FieldNames<Kind> {
  readonly #known = new Map<string, FieldName<Kind>>()
  readonly #classify: (lower: string) => Kind

  constructor(classify: (lower: string) => Kind) {
    this.#classify = classify
  }

  find(name: string): FieldName<Kind> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const lower = name.toLowerCase()
    const found = { lower, kind: this.#classify(lower) }
    if (this.#known.size < maxNames) this.#known.set(name, found)
    return found
  }
}
