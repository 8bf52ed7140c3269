import type { Comment, Node, VariableDeclarator } from 'oxc-parser'

/** A part of the source, from the first character to the one after the last. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** An item of a list, with its comma and the comments beside it. */
interface Part extends Range {
  /** The position of its comma, if it has one. */
  readonly comma: number | undefined
}

/** Edits a text by position, so that every other character stays unchanged. */
export class Edits {
  readonly #source: string
  readonly #comments: readonly Comment[]
  readonly #list: (Range & { readonly text: string })[] = []

  constructor(source: string, comments: readonly Comment[]) {
    this.#source = source
    this.#comments = comments
  }

  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  slice({ start, end }: Range): string {
    return this.#source.slice(start, end)
  }

  replace({ start, end }: Range, text: string): void {
    this.#list.push({ start, end, text })
  }

  insert(at: number, text: string): void {
    this.#list.push({ start: at, end: at, text })
  }

  /** Declares something else beside a variable, so that both exist at the same places and times. */
  addDeclarator(declarator: VariableDeclarator, text: string): void {
    const declaration = declarator.parent
    if (declaration?.type !== 'VariableDeclaration') throw new Error('a declarator without a declaration')
    const isExported = declaration.parent?.type === 'ExportNamedDeclaration'
    const statement = (isExported ? declaration.parent : declaration) as Node
    const isAlone = declaration.declarations.length === 1 && isInList(statement)
    // A name that a pattern exports stays exported. A second name is not exported.
    if (isAlone && this.#findLineEnd(statement) !== undefined && !(isExported && text.startsWith('{')))
      this.addStatement(statement, `${declaration.kind} ${text}`)
    else this.insert(declarator.end, `,${this.#breakBefore(declarator) ?? ' '}${text}`)
  }

  /**
   * Adds a statement after another. It ends as the other does: where that needs no semicolon, this
   * needs none.
   */
  addStatement(statement: Node, text: string): void {
    const semicolon = this.#source[statement.end - 1] === ';' ? ';' : ''
    const at = this.#findLineEnd(statement) ?? statement.end
    this.insert(at, `${this.#breakBefore(statement) ?? this.#findBreak(statement)}${text}${semicolon}`)
  }

  /** Finds the end of a node's line, if only a comment is between them. */
  #findLineEnd({ end }: Range): number | undefined {
    const rest = /^[ \t]*(\/\/[^\n\r\u2028\u2029]*)?(?=[\n\r]|$)/.exec(this.#source.slice(end))?.[0]
    return rest === undefined ? undefined : end + rest.trimEnd().length
  }

  /** Returns a line break and indentation for what follows a node that starts its line. */
  #breakBefore(node: Range): string | undefined {
    const indent = /(?:^|[\n\r])([ \t]*)$/.exec(this.#source.slice(0, node.start))?.[1]
    return indent === undefined ? undefined : `${this.#findBreak(node)}${indent}`
  }

  /** Finds the line break that this part of the file uses. */
  #findBreak({ start }: Range): string {
    return (/\r\n|\n|\r/.exec(this.#source.slice(start)) ?? /\r\n|\n|\r/.exec(this.#source))?.[0] ?? '\n'
  }

  /**
   * Splits a list in braces into its items. Each has its comma and the comments beside it: those
   * before it, and those on the rest of its line.
   * @param range what the list stands in
   */
  splitList(items: readonly Range[], range: Range): readonly Part[] {
    const close = this.#findClose(items, range)
    let start = this.find('{', range.start) + 1
    return items.map((item, index) => {
      const found = this.find(',', item.end)
      const comma = found < close ? found : undefined
      const next = comma === undefined ? item.end : comma + 1
      const isLast = index === items.length - 1
      const rest = this.#skipComments(next, isLast ? /\s*/y : /[ \t]*/y)
      const end = isLast || /^[ \t]*[\n\r]/.test(this.#source.slice(rest)) ? rest : next
      const part = { start, end, comma }
      start = end
      return part
    })
  }

  /** Prints some items of a list in braces. A line that has no other item stays as it is. */
  printSome(kept: readonly Range[], items: readonly Range[], range: Range): string {
    const parts = this.splitList(items, range)
    const some = parts.filter((_, index) => kept.includes(items[index] as Range))
    const space = { start: parts.at(-1)?.end ?? range.start, end: this.#findClose(items, range), comma: undefined }
    const texts = [...some, space].map(({ start, end, comma }, index) => {
      const before = some[index - 1]
      const isOpen = this.#comments.some((comment) => comment.type === 'Line' && comment.end === before?.end)
      const needsBreak = isOpen && !/^[ \t]*[\n\r]/.test(this.slice({ start, end }))
      // The last item has a comma only if the whole list ends with one.
      const dropsComma = comma !== undefined && index === some.length - 1 && parts.at(-1)?.comma === undefined
      const text = dropsComma
        ? this.slice({ start, end: comma }) + this.slice({ start: comma + 1, end })
        : this.slice({ start, end })
      return needsBreak ? this.#findBreak(range) + text : text
    })
    return `{${texts.join('')}}`
  }

  /** Finds a character that is in no comment, or the end of the text. */
  find(character: string, from: number): number {
    let at = from
    while (at < this.#source.length && (this.#source[at] !== character || this.#isInComment(at))) at++
    return at
  }

  #findClose(items: readonly Range[], range: Range): number {
    return this.find('}', items.at(-1)?.end ?? range.start)
  }

  #isInComment(at: number): boolean {
    return this.#comments.some(({ start, end }) => start <= at && at < end)
  }

  /** Returns the end of the comments that follow, with only white space before and between them. */
  #skipComments(from: number, space: RegExp): number {
    space.lastIndex = from
    const start = from + (space.exec(this.#source)?.[0].length ?? 0)
    const comment = this.#comments.find((one) => one.start === start)
    return comment === undefined ? from : this.#skipComments(comment.end, space)
  }

  printComments({ start, end }: Range, items: readonly Range[]): string {
    const isWithin = (inner: Range, outer: Range): boolean => inner.start >= outer.start && inner.end <= outer.end
    return this.#comments
      .filter((comment) => isWithin(comment, { start, end }) && !items.some((item) => isWithin(comment, item)))
      .map((comment) => ` ${this.slice(comment)}${comment.type === 'Line' ? this.#findBreak(comment) : ''}`)
      .join('')
  }

  /** @throws Error if two edits overlap. */
  apply(): string {
    // The sort is stable: insertions at one place keep their order.
    const sorted = [...this.#list].sort((one, other) => one.start - other.start || one.end - other.end)
    let result = ''
    let done = 0
    for (const { start, end, text } of sorted) {
      if (start < done) throw new Error('two edits overlap')
      result += this.#source.slice(done, start) + text
      done = end
    }
    return result + this.#source.slice(done)
  }
}

/** Returns true for a statement in a list of statements, where another one can follow it. */
export function isInList(statement: Node): boolean {
  const { parent } = statement
  if (parent?.type === 'SwitchCase') return parent.consequent.includes(statement as never)
  return (
    parent !== undefined &&
    parent !== null &&
    /^(Program|BlockStatement|FunctionBody|StaticBlock|TSModuleBlock)$/.test(parent.type)
  )
}
