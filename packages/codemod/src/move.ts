import type { Variable } from '@typescript-eslint/scope-manager'
import type {
  CallExpression,
  ExportNamedDeclaration,
  ImportDeclaration,
  ImportDeclarationSpecifier,
  ModuleExportName,
  Node,
  ObjectPattern,
  Program,
  VariableDeclarator,
} from 'oxc-parser'
import { Edits, type Range } from './edits.ts'
import { readModule, typeNames, validationNames } from './names.ts'
import { isLossyParser, isMock, judgeCall, type Note, texts } from './notes.ts'
import {
  areNested,
  climbCasts,
  findDeclaration,
  lineOf,
  listUses,
  type Parsed,
  readKey,
  readText,
  stripCasts,
} from './parse.ts'

/** The edits of one file, and what its user must check. */
export interface Plan {
  readonly edits: Edits
  /** Notes about code that stays. */
  readonly kept: readonly Note[]
  /** Notes about code that moves. They apply only if the edits are made. */
  readonly moved: readonly Note[]
}

type Module = NonNullable<ReturnType<typeof readModule>>

/**
 * How the whole module is used in one place: by validation alone, by something else, by both in one
 * pattern, or so that no use of this name may move.
 */
type Use = 'moves' | 'stays' | 'splits' | 'blocks'

/** How a name for the whole module moves: entirely, or through a second name beside it. */
type Binding = 'stays' | 'moves' | { readonly second: string }

const compat = 'tollgate/compat'

/**
 * Plans the move of the validation in one file. A name for the whole package that only validation
 * uses gets another module. If anything else uses it too, a second name is declared at its side, so
 * that it exists wherever and whenever the first one does.
 */
export function planMove(source: string, parsed: Parsed): Plan {
  const edits = new Edits()
  const kept: Note[] = []
  const moved: Note[] = []
  const secondNames: { readonly name: string; readonly variable: Variable }[] = []
  const judged = new Set<Variable>()
  const addTo = (notes: Note[], { start }: Range, text: string): void => {
    const line = lineOf(source, start)
    if (!notes.some((note) => note.line === line && note.text === text)) notes.push({ line, text })
  }
  const keep = (node: Range, text: string): void => addTo(kept, node, text)
  const slice = ({ start, end }: Range): string => source.slice(start, end)

  let frozen: Note | undefined
  for (const node of parsed.nodes) {
    if (node.type === 'CallExpression' && isMock(node, slice(node.callee))) {
      keep(node, texts.mock)
      frozen ??= { line: lineOf(source, node.start), text: texts.mocked }
    } else if (node.type === 'WithStatement' || (node.type === 'CallExpression' && isNamed(node.callee, 'eval')))
      frozen ??= { line: lineOf(source, node.start), text: texts.dynamic }
  }
  for (const node of parsed.nodes) {
    const module = readModule(readText(node))
    if (module !== undefined) moveModule(node, module)
  }
  if (!edits.isEmpty)
    for (const node of parsed.nodes)
      if (node.type === 'CallExpression' && isLossyParser(parsed, node)) addTo(moved, node, texts.parser)
  if (frozen === undefined || edits.isEmpty) return { edits, kept, moved }
  return { edits: new Edits(), kept: [...kept, frozen], moved: [] }

  /** Moves what depends on one mention of the module's name. */
  function moveModule(literal: Node, module: Module): void {
    const { parent } = literal
    if (parent?.type === 'ImportDeclaration') moveImport(parent, module)
    else if (parent?.type === 'ExportNamedDeclaration') moveExport(parent, module)
    else if (parent?.type === 'ExportAllDeclaration') {
      if (module === 'webhooks') redirect(literal)
      else keep(literal, texts.exported)
    } else if (parent?.type === 'TSExternalModuleReference') moveImportEquals(parent, literal, module)
    else if (parent?.type === 'TSImportType') moveImportType(parent, literal, module)
    else if (parent?.type === 'TSModuleDeclaration') keep(literal, texts.notFollowed)
    else if (parent?.type === 'ImportExpression' && parent.source === literal) {
      if (parent.parent?.type === 'AwaitExpression') moveExpression(parent.parent, literal, module)
      else keep(literal, texts.notFollowed)
    } else if (parent?.type === 'CallExpression' && parent.arguments[0] === literal) {
      if (isRequire(parent)) moveExpression(parent, literal, module)
      else if (/(require|import)\w*$/i.test(slice(parent.callee))) keep(literal, texts.notFollowed)
    }
  }

  function redirect(literal: Range): void {
    edits.replace(literal, quote(literal))
  }

  function quote({ start }: Range): string {
    const mark = source[start] ?? "'"
    return `${mark}${compat}${mark}`
  }

  function isRequire({ callee }: CallExpression): boolean {
    if (!isNamed(callee, 'require')) return false
    const variable = parsed.findVariable(callee)
    if (variable === undefined) return true
    const declaration = findDeclaration(variable)
    if (declaration?.type === 'TSDeclareFunction') return true
    if (declaration?.type !== 'VariableDeclarator') return false
    const { init, parent } = declaration
    if (parent?.type === 'VariableDeclaration' && parent.declare === true) return true
    return init?.type === 'CallExpression' && /\bcreateRequire$/.test(slice(init.callee))
  }

  /** Moves `require('twilio')` and `await import('twilio')`. */
  function moveExpression(loading: Node, literal: Node, module: Module): void {
    const node = climbCasts(loading)
    const { parent } = node
    const again = source.slice(node.start, literal.start) + quote(literal) + source.slice(literal.end, node.end)
    if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'Identifier') {
      const binding = moveBinding(parent.id, module)
      if (binding === 'moves') redirect(literal)
      else if (binding !== 'stays') addDeclarator(parent, `${binding.second} = ${again}`)
      return
    }
    const use = judgeUse(loading, module)
    if (use === 'moves') redirect(literal)
    else if (use === 'splits') splitPattern(parent as VariableDeclarator, again)
  }

  /** Decides how a name for the whole module moves, and renames the uses that need a second name. */
  function moveBinding(name: Node, module: Module): Binding {
    const variable = parsed.findVariable(name)
    if (variable === undefined) return 'stays'
    const uses = listUses(variable)
    if (findDeclaration(variable) === undefined || uses.some(({ isWrite }) => isWrite)) {
      keep(name, texts.reassigned)
      return 'stays'
    }
    const judgements = uses.map(({ node }) => ({ node, use: judgeUse(node, module) }))
    const movers = judgements.filter(({ use }) => use === 'moves' || use === 'splits')
    const isExported = findExport(name) !== undefined
    if (isExported) keep(name, texts.exported)
    if (movers.length === 0 || judgements.some(({ use }) => use === 'blocks')) return 'stays'
    if (!isExported && judgements.every(({ use }) => use === 'moves')) return 'moves'
    const second = chooseName(variable)
    for (const { node, use } of movers)
      if (use === 'moves') edits.replace(node, second)
      else splitPattern(climbCasts(node).parent as VariableDeclarator, second)
    return { second }
  }

  /** Chooses a name that no scope of the file uses for anything else. */
  function chooseName(variable: Variable): string {
    for (let count = 1; ; count++) {
      const name = count === 1 ? 'tollgate' : `tollgate${count}`
      const isTaken = secondNames.some((one) => one.name === name && areNested(one.variable.scope, variable.scope))
      if (parsed.names.has(name) || isTaken) continue
      secondNames.push({ name, variable })
      return name
    }
  }

  /** Judges one use of the whole module. */
  function judgeUse(whole: Node, module: Module): Use {
    const node = climbCasts(whole)
    const { parent } = node
    const stay = (): Use => {
      if (module === 'webhooks') keep(node, texts.notFollowed)
      return 'stays'
    }
    if (parent?.type === 'MemberExpression' && parent.object === node) {
      const name = readKey(parent)
      if (name !== undefined && validationNames.has(name)) return judgeFunction(parent, name) ? 'moves' : 'blocks'
      if (name !== undefined && name !== 'default') return stay()
      // `tollgate/compat` has no default export.
      if (name === 'default' && judgeUse(parent, module) === 'stays') return 'stays'
    }
    if (parent?.type === 'TSQualifiedName' && parent.left === node) {
      const { name } = parent.right
      return validationNames.has(name) || typeNames.has(name) ? 'moves' : stay()
    }
    if (parent?.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern')
      return judgePattern(parent.id, module)
    if (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') {
      if (parent.callee === node) return stay()
      if (parent.arguments.some((argument) => validationNames.has(readText(stripCasts(argument)) ?? ''))) {
        keep(node, texts.replaced)
        return 'blocks'
      }
    }
    if (parent && /^(ExpressionStatement|UnaryExpression|TSTypeQuery)$/.test(parent.type)) return 'stays'
    keep(node, parent?.type.startsWith('Export') === true ? texts.exported : texts.notFollowed)
    return 'stays'
  }

  /** Judges `const { webhook, twiml } = twilio`. */
  function judgePattern(pattern: ObjectPattern, module: Module): Use {
    const { movers, others } = partition(pattern)
    const isClear = others.every((one) => one.type === 'Property' && ![undefined, 'default'].includes(readKey(one)))
    const hasDefaults = pattern.properties.some(
      (one) => one.type === 'Property' && one.value.type === 'AssignmentPattern',
    )
    const canSplit = isClear && !pattern.typeAnnotation && !hasDefaults && module === 'main'
    if (!isClear || (others.length > 0 && (movers.length > 0 || module === 'webhooks') && !canSplit)) {
      keep(pattern, texts.notFollowed)
      return 'stays'
    }
    const allow = movers.map((one) => {
      const local = one.type === 'Property' && one.value.type === 'AssignmentPattern' ? one.value.left : one.value
      return !local || judgeName(local, readKey(one) ?? '')
    })
    if (allow.includes(false)) return 'blocks'
    return movers.length === 0 ? 'stays' : others.length === 0 ? 'moves' : 'splits'
  }

  function partition({ properties }: ObjectPattern) {
    const isMover = (one: (typeof properties)[number]): boolean =>
      one.type === 'Property' && validationNames.has(readKey(one) ?? '')
    return {
      movers: properties.filter(isMover) as Extract<(typeof properties)[number], { type: 'Property' }>[],
      others: properties.filter((one) => !isMover(one)),
    }
  }

  /** Judges all uses of a local name for a function. */
  function judgeName(local: Node, name: string): boolean {
    const variable = local.type === 'Identifier' ? parsed.findVariable(local) : undefined
    if (variable === undefined || judged.has(variable)) return true
    judged.add(variable)
    return listUses(variable)
      .map(({ node, isWrite }) => isWrite || judgeFunction(node, name))
      .every(Boolean)
  }

  /** Judges one use of a function. Returns false if it must stay a function of `twilio`. */
  function judgeFunction(use: Node, name: string): boolean {
    const node = climbCasts(use)
    const { parent } = node
    if (parent === undefined || parent === null) return true
    if (parent.type === 'VariableDeclarator' && parent.init === node) return judgeName(parent.id, name)
    if (parent.type === 'CallExpression' && parent.callee === node) {
      const { notes, refused } = judgeCall(parsed, parent, name)
      for (const text of notes) addTo(moved, parent, text)
      if (refused.length > 0) keep(parent, `${texts.unknownOption}${refused.join(', ')}.`)
      return refused.length === 0
    }
    const isInspected =
      parent.type === 'MemberExpression' && parent.object === node && !/^(call|apply|bind)$/.test(readKey(parent) ?? '')
    const isStubbed = parent.type === 'CallExpression' && /mock|stub|spy/i.test(slice(parent.callee))
    if (!isInspected && !isStubbed && !isTarget(node, parent)) return true
    keep(node, texts.replaced)
    return false
  }

  /** Moves some properties of a pattern to a second declarator. */
  function splitPattern(declarator: VariableDeclarator, init: string): void {
    const pattern = declarator.id as ObjectPattern
    const { movers, others } = partition(pattern)
    edits.replace(pattern, printBraces(others, pattern, pattern.properties))
    addDeclarator(declarator, `{ ${movers.map(slice).join(', ')} } = ${init}`)
  }

  /** Declares something else beside a variable, so that both exist at the same places and times. */
  function addDeclarator(declarator: VariableDeclarator, text: string): void {
    const declaration = declarator.parent
    if (declaration?.type !== 'VariableDeclaration') throw new Error('a declarator without a declaration')
    const exported = declaration.parent?.type === 'ExportNamedDeclaration' ? declaration.parent : undefined
    const statement = exported ?? declaration
    const isAlone = declaration.declarations.length === 1 && isInList(statement)
    if (exported !== undefined || (isAlone && findLineEnd(statement) !== undefined))
      addStatement(statement, `${exported && text.startsWith('{') ? 'export ' : ''}${declaration.kind} ${text}`)
    else edits.insert(declarator.end, `,${breakBefore(declarator) ?? ' '}${text}`)
  }

  /**
   * Adds a statement after another. It ends as the other does: where that needs no semicolon, this
   * needs none.
   */
  function addStatement(statement: Node, text: string): void {
    const semicolon = source[statement.end - 1] === ';' ? ';' : ''
    const at = findLineEnd(statement) ?? statement.end
    edits.insert(at, `${breakBefore(statement) ?? findBreak(statement)}${text}${semicolon}`)
  }

  /** Finds the end of a node's line, if only a comment is between them. */
  function findLineEnd({ end }: Range): number | undefined {
    const rest = /^[ \t]*(\/\/[^\n\r\u2028\u2029]*)?(?=[\n\r]|$)/.exec(source.slice(end))?.[0]
    return rest === undefined ? undefined : end + rest.trimEnd().length
  }

  /** Returns a line break and indentation for what follows a node that starts its line. */
  function breakBefore(node: Range): string | undefined {
    const indent = /(?:^|[\n\r])([ \t]*)$/.exec(source.slice(0, node.start))?.[1]
    return indent === undefined ? undefined : `${findBreak(node)}${indent}`
  }

  /** Finds the line break that this part of the file uses. */
  function findBreak({ start }: Range): string {
    return (/\r\n|\n|\r/.exec(source.slice(start)) ?? /\r\n|\n|\r/.exec(source))?.[0] ?? '\n'
  }

  /** Prints a list in braces, with the comments that stood between its items. */
  function printBraces(items: readonly Range[], range: Range, all: readonly Range[]): string {
    return `{ ${items.map(slice).join(', ')}${printComments(range, all)} }`
  }

  function printComments({ start, end }: Range, items: readonly Range[]): string {
    const isWithin = (inner: Range, outer: Range): boolean => inner.start >= outer.start && inner.end <= outer.end
    return parsed.comments
      .filter((comment) => isWithin(comment, { start, end }) && !items.some((item) => isWithin(comment, item)))
      .map((comment) => ` ${slice(comment)}${comment.type === 'Line' ? findBreak(comment) : ''}`)
      .join('')
  }

  function moveImport(declaration: ImportDeclaration, module: Module): void {
    const { specifiers, phase } = declaration
    if (declaration.parent?.type !== 'Program' || phase) {
      keep(declaration, texts.notFollowed)
      return
    }
    const whole: ImportDeclarationSpecifier[] = []
    const named: ImportDeclarationSpecifier[] = []
    const stay: ImportDeclarationSpecifier[] = []
    const second: string[] = []
    for (const specifier of specifiers) {
      const imported = specifier.type === 'ImportSpecifier' ? readName(specifier.imported) : 'default'
      if (imported === 'default') {
        const binding = moveBinding(specifier.local, module)
        if (binding === 'moves') whole.push(specifier)
        else stay.push(specifier)
        if (typeof binding !== 'string') second.push(binding.second)
      } else if (isMoved(imported, module) && judgeName(specifier.local, imported)) named.push(specifier)
      else {
        if (module === 'webhooks' && !isMoved(imported, module)) keep(specifier, texts.notFollowed)
        stay.push(specifier)
      }
    }
    const [first] = whole
    const isOneKind = stay.length === 0 && second.length === 0 && (whole.length === 0 || named.length === 0)
    if (isOneKind && whole.length < 2 && (first ?? named[0])) {
      if (first && first.type !== 'ImportNamespaceSpecifier' && first.type !== 'ImportDefaultSpecifier')
        edits.replace({ start: declaration.start, end: declaration.source.start }, printImport([first]))
      else if (first?.type === 'ImportDefaultSpecifier') edits.replace(first, `* as ${first.local.name}`)
      redirect(declaration.source)
      return
    }
    const target = quote(declaration.source)
    const lines = [
      ...whole.map((one) => printImport([one]) + target),
      ...second.map((name) => `import ${kindOf(declaration)}* as ${name} from ${target}`),
      ...(named.length > 0 ? [printImport(named) + target] : []),
    ]
    if (lines.length === 0) return
    if (stay.length < specifiers.length) {
      const clause = { start: declaration.start, end: declaration.source.start }
      if (stay.length > 0) edits.replace(clause, printImport(stay))
      else edits.replace({ start: declaration.start, end: declaration.source.end }, lines.shift() ?? '')
    }
    for (const line of lines) addStatement(declaration, line)

    function printImport(list: readonly ImportDeclarationSpecifier[]): string {
      const bare = list.filter((one) => one.type !== 'ImportSpecifier' || whole.includes(one))
      const braced = list.filter((one) => !bare.includes(one))
      const names = bare.map((one) => (whole.includes(one) ? `* as ${one.local.name}` : slice(one)))
      if (braced.length > 0) names.push(`{ ${braced.map(slice).join(', ')} }`)
      const clause = { start: declaration.start, end: declaration.source.start }
      const comments = list === stay || list[0] === first ? printComments(clause, specifiers) : ''
      return `import ${kindOf(declaration)}${names.join(', ')}${comments} from `
    }
  }

  function moveExport(declaration: ExportNamedDeclaration, module: Module): void {
    const { specifiers, source: literal } = declaration
    if (literal === null) return
    const movers = specifiers.filter(({ local }) => isMoved(readName(local), module))
    const others = specifiers.filter((one) => !movers.includes(one))
    if (others.some(({ local }) => module === 'webhooks' || readName(local) === 'default'))
      keep(declaration, texts.exported)
    if (movers.length === 0) return
    if (others.length === 0) {
      redirect(literal)
      return
    }
    const kind = declaration.exportKind === 'type' ? 'type ' : ''
    const clause = { start: declaration.start, end: literal.start }
    edits.replace(clause, `export ${kind}${printBraces(others, clause, specifiers)} from `)
    addStatement(declaration, `export ${kind}{ ${movers.map(slice).join(', ')} } from ${quote(literal)}`)
  }

  /** Moves `import twilio = require('twilio')`. */
  function moveImportEquals({ parent }: Node, literal: Node, module: Module): void {
    if (parent?.type !== 'TSImportEqualsDeclaration') return
    const binding = moveBinding(parent.id, module)
    if (binding === 'moves') redirect(literal)
    else if (binding !== 'stays') {
      const statement = parent.parent?.type === 'ExportNamedDeclaration' ? parent.parent : parent
      addStatement(statement, `import ${kindOf(parent)}${binding.second} = require(${quote(literal)})`)
    }
  }

  /** Moves `import('twilio').webhook` in a type. */
  function moveImportType(type: Node, literal: Node, module: Module): void {
    let name = type.type === 'TSImportType' ? type.qualifier : null
    while (name?.type === 'TSQualifiedName') name = name.left
    if (name?.type === 'Identifier' && (validationNames.has(name.name) || typeNames.has(name.name))) redirect(literal)
    else if (module === 'webhooks') keep(literal, texts.notFollowed)
  }

  /** Finds the `export` before a declaration. */
  function findExport(name: Node): Node | undefined {
    for (let node = name.parent; node; node = node.parent) {
      if (node.type === 'ExportNamedDeclaration') return node
      if (!/^(VariableDeclarator|VariableDeclaration|TSImportEqualsDeclaration)$/.test(node.type)) return undefined
    }
    return undefined
  }
}

const kindOf = ({ importKind }: { readonly importKind?: string }): string => (importKind === 'type' ? 'type ' : '')

const isMoved = (name: string, module: Module): boolean =>
  validationNames.has(name) || (module === 'webhooks' && typeNames.has(name))

const readName = (name: ModuleExportName): string => (name.type === 'Literal' ? name.value : name.name)

const isNamed = (node: Node, name: string): boolean => node.type === 'Identifier' && node.name === name

/** Returns true for a statement in a list of statements, where another one can follow it. */
function isInList(statement: Node): boolean {
  const { parent } = statement
  if (parent?.type === 'SwitchCase') return parent.consequent.includes(statement as Program['body'][number] as never)
  return (
    parent !== undefined &&
    parent !== null &&
    /^(Program|BlockStatement|FunctionBody|StaticBlock|TSModuleBlock)$/.test(parent.type)
  )
}

/** Returns true for an expression that gets a value. */
function isTarget(node: Node, parent: Node): boolean {
  if (parent.type === 'UpdateExpression') return true
  if (parent.type === 'UnaryExpression') return parent.operator === 'delete'
  if (parent.type === 'Property') return parent.parent?.type === 'ObjectPattern' && parent.value === node
  if (/^(ArrayPattern|RestElement)$/.test(parent.type)) return true
  return 'left' in parent && parent.left === node && /^(Assignment|For)/.test(parent.type)
}
