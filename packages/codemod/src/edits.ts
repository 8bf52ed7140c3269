/** Edits a source by position, so that every other character stays unchanged. */
export class Edits {
  readonly #list: { readonly start: number; readonly end: number; readonly text: string }[] = []

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  /** Returns true if an edit replaces this node. */
  touches(node: object): boolean {
    return this.#list.some(({ start, end }) => start === placeOf(node).start && end === placeOf(node).end)
  }

  replace(node: object, text: string): void {
    const { start, end } = placeOf(node)
    this.#list.push({ start, end, text })
  }

  /** Removes a statement together with its line. */
  drop(node: object, source: string): void {
    const { start, end } = placeOf(node)
    const rest = /^[ \t]*\r?\n/.exec(source.slice(end))?.[0].length ?? 0
    this.#list.push({ start, end: end + rest, text: '' })
  }

  /** Inserts a line after a statement, or in place of it if the statement is removed. */
  insertLine(node: object, line: string): void {
    const { start, end } = placeOf(node)
    const dropped = this.#list.findIndex((edit) => edit.start === start && edit.text === '')
    if (dropped === -1) this.#list.push({ start: end, end, text: `\n${line}` })
    else this.#list[dropped] = { start, end, text: line }
  }

  apply(source: string): string {
    const sorted = [...this.#list].sort((one, other) => other.start - one.start || other.end - one.end)
    return sorted.reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source)
  }
}

export function placeOf(node: object): { readonly start: number; readonly end: number } {
  const { start, end } = node as { start?: number; end?: number }
  if (start === undefined || end === undefined) throw new Error('a node without a position')
  return { start, end }
}
