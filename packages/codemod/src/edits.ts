import type { Comment, Node, VariableDeclarator } from 'oxc-parser'

/** A part of the source, from the first character to the one after the last. */
export interface Range {
  readonly start: number
  readonly end: number
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
    // What a pattern exports stays exported. A second name is none of the exports.
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

  /** Prints a list in braces, with the comments that stood between its items. */
  printBraces(items: readonly Range[], range: Range, all: readonly Range[]): string {
    return `{ ${items.map((item) => this.slice(item)).join(', ')}${this.printComments(range, all)} }`
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
function isInList(statement: Node): boolean {
  const { parent } = statement
  if (parent?.type === 'SwitchCase') return parent.consequent.includes(statement as never)
  return (
    parent !== undefined &&
    parent !== null &&
    /^(Program|BlockStatement|FunctionBody|StaticBlock|TSModuleBlock)$/.test(parent.type)
  )
}
