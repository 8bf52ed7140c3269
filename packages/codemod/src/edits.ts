/** A part of the source, from the first character to the one after the last. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Edits a text by position, so that every other character stays unchanged. */
export class Edits {
  readonly #list: (Range & { readonly text: string })[] = []

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  replace({ start, end }: Range, text: string): void {
    this.#list.push({ start, end, text })
  }

  insert(at: number, text: string): void {
    this.#list.push({ start: at, end: at, text })
  }

  /** @throws Error if two edits overlap. */
  apply(source: string): string {
    // The sort is stable: insertions at one place keep their order.
    const sorted = [...this.#list].sort((one, other) => one.start - other.start || one.end - other.end)
    let result = ''
    let done = 0
    for (const { start, end, text } of sorted) {
      if (start < done) throw new Error('two edits overlap')
      result += source.slice(done, start) + text
      done = end
    }
    return result + source.slice(done)
  }
}
