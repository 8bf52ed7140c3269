import { extname } from 'node:path'
import { analyze, type Scope, type Variable } from '@typescript-eslint/scope-manager'
import { type Comment, type Node, type ParserOptions, parseSync, visitorKeys } from 'oxc-parser'

/** A parsed file. Every node but the first has its `parent`. */
export interface Parsed {
  readonly comments: readonly Comment[]
  /** True for TypeScript. */
  readonly isTyped: boolean
  /** All nodes, parents first. */
  readonly nodes: readonly Node[]
  /** Every name that the file declares or uses. */
  readonly names: ReadonlySet<string>
  /** The names that the file uses but does not declare. */
  readonly freeNames: ReadonlySet<string>
  /** Counts the faults that the grammar does not forbid, such as a name declared twice. */
  countFaults(): number
  /** Finds the variable that an identifier uses or declares. */
  findVariable(identifier: Node): Variable | undefined
  /** Parses another text in the same language. */
  parseAgain(text: string): Parsed
}

type Language = Required<Pick<ParserOptions, 'lang' | 'sourceType'>>

/**
 * Parses JavaScript or TypeScript. Positions count UTF-16 units of the text as it is.
 * @param file the file's name, whose ending gives the language. Default: any language
 * @throws SyntaxError if the text cannot be parsed
 * @throws RangeError if it is too large or nested too deeply
 */
export function parse(source: string, file: string | undefined): Parsed {
  let first: unknown
  for (const language of listLanguages(file))
    try {
      return parseAs(source, language)
    } catch (error) {
      if (error instanceof RangeError) throw error
      first ??= error
    }
  throw first
}

// `<any>x` is a cast in .ts and an element in .tsx. Code with types in .js is mostly Flow's.
const languages: Readonly<Record<string, readonly Language['lang'][]>> = {
  '.js': ['jsx', 'tsx', 'ts'],
  '.jsx': ['jsx', 'tsx'],
  '.mjs': ['jsx'],
  '.cjs': ['jsx'],
  '.ts': ['ts', 'tsx'],
  '.mts': ['ts'],
  '.cts': ['ts'],
  '.tsx': ['tsx'],
}

function listLanguages(file: string | undefined): readonly Language[] {
  const ending = extname(file ?? '')
  const langs = /\.d\.[cm]?ts$/.test(file ?? '') ? (['dts'] as const) : (languages[ending] ?? ['tsx', 'ts', 'jsx'])
  // A file with `import` or `export` is a module. Any other may be a script, or have a top-level
  // `await`.
  const types = ending.startsWith('.m') ? (['module'] as const) : (['unambiguous', 'commonjs', 'module'] as const)
  return langs.flatMap((lang) => types.map((sourceType) => ({ lang, sourceType })))
}

function parseAs(source: string, language: Language): Parsed {
  try {
    return parseText(source, language)
  } catch (error) {
    // The parser passes its tree on as one JSON string, and such a string has a largest length.
    const isLimit = error instanceof RangeError || /napi/.test(String(error))
    throw isLimit ? new RangeError('this file is too large or nested too deeply', { cause: error }) : error
  }
}

function parseText(source: string, language: Language): Parsed {
  const options = { ...language, astType: 'ts', range: true, preserveParens: false } as const
  const { program, errors, comments } = parseSync('', source, options)
  const fault = errors.find(({ severity }) => severity === 'Error')
  if (fault !== undefined) {
    const line = lineOf(source, fault.labels[0]?.start ?? 0)
    throw new SyntaxError(`line ${line}: ${fault.message}`)
  }
  const nodes: Node[] = []
  const visit = (node: Node): void => {
    nodes.push(node)
    for (const key of visitorKeys[node.type] ?? []) {
      const child = (node as unknown as Record<string, Node | readonly (Node | null)[] | null>)[key]
      if (Array.isArray(child)) for (const one of child) adopt(one, node)
      else adopt(child as Node | null, node)
    }
  }
  const adopt = (child: Node | null | undefined, parent: Node): void => {
    if (!child) return
    child.parent = parent
    visit(child)
  }
  visit(program)
  const isModule = program.sourceType === 'module'
  const manager = analyze(program as never, {
    sourceType: isModule ? 'module' : 'script',
    // A script of Node.js is the body of a function, not a part of the global scope.
    globalReturn: !isModule,
    lib: [],
  })
  const variables = new Map<unknown, Variable>()
  const names = new Set<string>()
  for (const scope of manager.scopes) {
    for (const variable of scope.variables) {
      names.add(variable.name)
      for (const identifier of variable.identifiers) variables.set(identifier, variable)
    }
    for (const { identifier, resolved } of scope.references) {
      names.add(String(identifier.name))
      if (resolved) variables.set(identifier, resolved as Variable)
    }
  }
  return {
    comments,
    isTyped: language.lang !== 'jsx',
    nodes,
    names,
    freeNames: new Set(manager.globalScope?.through.map(({ identifier }) => String(identifier.name))),
    countFaults: () => parseSync('', source, { ...options, showSemanticErrors: true }).errors.length,
    findVariable: (identifier) => variables.get(identifier),
    parseAgain: (text) => parseAs(text, language),
  }
}

/** Returns the line of a position, from 1. */
export function lineOf(source: string, position: number): number {
  return source.slice(0, position).split(/\r\n|[\n\r\u2028\u2029]/).length
}

/** Lists the identifiers that use a variable, without its declaration. */
export function listUses({ references }: Variable): readonly { readonly node: Node; readonly isWrite: boolean }[] {
  return references
    .filter(({ init }) => init !== true)
    .map((reference) => ({ node: reference.identifier as unknown as Node, isWrite: reference.isWrite() }))
}

/** Returns the node that declares a variable, if exactly one does. */
export function findDeclaration({ defs }: Variable): Node | undefined {
  return defs.length === 1 ? (defs[0]?.node as unknown as Node) : undefined
}

/** Returns true if a variable of one scope is visible in the other. */
export function areNested(one: Scope, other: Scope): boolean {
  const isWithin = (inner: Scope | null, outer: Scope): boolean =>
    inner !== null && (inner === outer || isWithin(inner.upper, outer))
  return isWithin(one, other) || isWithin(other, one)
}

/**
 * Returns the expression without its casts and `!`, from the inside out: for `x` in `(x as any)!`
 * the whole text.
 */
export function climbCasts(node: Node): Node {
  const { parent } = node
  const isCast = parent && /^TS(As|Satisfies|NonNull|TypeAssertion|Instantiation)\w*$/.test(parent.type)
  return isCast && (parent as { expression?: Node }).expression === node ? climbCasts(parent) : node
}

/** Returns the inner expression of a cast. */
export function stripCasts(node: Node): Node {
  const isCast = /^TS(As|Satisfies|NonNull|TypeAssertion|Instantiation)\w*$/.test(node.type)
  return isCast ? stripCasts((node as unknown as { expression: Node }).expression) : node
}

/** Returns the text of a string, or of a template without `${}`. */
export function readText(node: Node | null | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined
  return undefined
}

/**
 * Returns the name of a member or a property: `a` for `x.a`, `x['a']`, `{ a }` and `{ 'a': b }`.
 */
export function readKey(node: {
  readonly key?: Node
  readonly property?: Node
  readonly computed?: boolean
}): string | undefined {
  const key = node.key ?? node.property
  if (key?.type === 'Identifier' && node.computed !== true) return key.name
  return readText(key)
}
