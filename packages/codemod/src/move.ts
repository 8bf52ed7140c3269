import type { Variable } from '@typescript-eslint/scope-manager'
import type {
  CallExpression,
  ExportNamedDeclaration,
  ImportDeclaration,
  ImportDeclarationSpecifier,
  ModuleExportName,
  Node,
  ObjectPattern,
  VariableDeclarator,
} from 'oxc-parser'
import { Edits, type Range } from './edits.ts'
import { isMockOf, type Mock, readMock } from './mocks.ts'
import {
  isMistaken,
  isMovedType,
  isNaming,
  isOtherModule,
  type Module,
  readModule,
  typeNames,
  validationNames,
} from './names.ts'
import { Findings, isLossyParser, type Note, texts } from './notes.ts'
import { areNested, climbCasts, findDeclaration, listUses, type Parsed, readKey, readText } from './parse.ts'
import { Judge, partition } from './uses.ts'

/** How a name for the whole module moves: entirely, or through a second name beside it. */
type Binding = 'stays' | 'moves' | { readonly second: string }

const compat = 'tollgate/compat'

/** The plan for one file. */
export interface Plan {
  readonly edits: Edits
  readonly findings: Findings
  /** True for a file that mocks twilio: it stays, and the edits are mocks of `tollgate/compat`. */
  readonly isMock: boolean
  /** True if a name of validation occurs in the code. */
  readonly hasNames: boolean
  /** Where code without such a name passes the whole package on, to other files perhaps. */
  readonly passed: readonly Note[]
}

/**
 * Plans the move of the validation in one file. A name for the whole package that only validation
 * uses gets another module. If anything else uses it too, a second name is declared at its side, so
 * that it exists wherever and whenever the first one does.
 * @returns the edits, and what the user must check
 */
export function planMove(source: string, parsed: Parsed): Plan {
  const edits = new Edits(source, parsed.comments)
  const findings = new Findings(source)
  const judge = new Judge(source, parsed, findings)
  const secondNames: { readonly name: string; readonly variable: Variable }[] = []
  const slice = (range: Range): string => edits.slice(range)
  const calls = parsed.nodes.filter((node) => node.type === 'CallExpression')
  const mocks = calls.flatMap((call) => {
    const mock = readMock(parsed, call, slice, compat)
    return mock === undefined ? [] : [{ call, mock }]
  })
  const hasNames = parsed.nodes.some(isNaming)

  for (const node of parsed.nodes) {
    const module = readModule(readText(node))
    if (module !== undefined) moveModule(node, module)
    else if (isOtherModule(readText(node)) && isLoading(node.parent)) findings.keep(node, texts.notFollowed)
    judge.judgeGlobal(node)
  }
  const replacing = mocks.filter(({ mock }) => mock !== 'reads')
  if (replacing.length > 0) return { ...planMocks(replacing), findings, isMock: true, hasNames, passed: [] }
  let passed: readonly Note[] = []
  if (!edits.isEmpty) checkFile()
  // Without such a name, no validation goes through this file's twilio, unless another file gets it.
  else if (!hasNames) passed = findings.drop()
  else if (findings.list(false).length === 0) judge.judgeOthers()
  return { edits, findings, isMock: false, hasNames, passed }

  /** Adds a mock of `tollgate/compat` beside each of twilio. */
  function planMocks(list: readonly { readonly call: CallExpression; readonly mock: Mock }[]): Pick<Plan, 'edits'> {
    const companions = new Edits(source, parsed.comments)
    findings.drop()
    // Someone has already added them.
    if (calls.some((call) => isMockOf(call, slice, compat))) return { edits: companions }
    const modules = new Set(list.map(({ mock }) => typeof mock === 'object' && mock.module))
    // A factory without such a name is a mock of the API. The validation beside it stays real.
    for (const { call, mock } of list.filter(({ mock: one }) => hasNames || (typeof one === 'object' && one.isBare)))
      if (typeof mock === 'object' && modules.size === 1) companions.addStatement(mock.statement, mock.text)
      else findings.block(call, texts.mock)
    return { edits: companions }
  }

  /** Looks at the whole file for reasons why nothing in it may move, and for parsers to check. */
  function checkFile(): void {
    if (mocks[0]) findings.freeze(mocks[0].call, texts.mocked)
    for (const node of parsed.nodes)
      if (node.type === 'WithStatement') findings.freeze(node, texts.dynamic)
      else if (node.type === 'CallExpression') {
        if (isNamed(node.callee, 'eval')) findings.freeze(node, texts.dynamic)
        if (isLossyParser(parsed, node)) findings.check(node, texts.parser)
      }
  }

  /** Moves what depends on one mention of the module's name. */
  function moveModule(literal: Node, module: Module): void {
    const { parent } = literal
    if (parent?.type === 'ImportDeclaration') moveImport(parent, module)
    else if (parent?.type === 'ExportNamedDeclaration') moveExport(parent, module)
    else if (parent?.type === 'ExportAllDeclaration') {
      if (module === 'webhooks') redirect(literal)
      else findings.keep(literal, texts.exported)
    } else if (parent?.type === 'TSExternalModuleReference') moveImportEquals(parent, literal, module)
    else if (parent?.type === 'TSImportType') moveImportType(parent, literal, module)
    else if (parent?.type === 'TSModuleDeclaration') findings.keep(literal, texts.notFollowed)
    else if (parent?.type === 'ImportExpression' && parent.source === literal) {
      if (parent.parent?.type === 'AwaitExpression') moveExpression(parent.parent, literal, module)
      else findings.keep(literal, texts.notFollowed)
    } else if (parent?.type === 'CallExpression' && parent.arguments[0] === literal) {
      if (isRequire(parent)) moveExpression(parent, literal, module)
      else if (isLoading(parent)) findings.keep(literal, texts.notFollowed)
    } else if (parent?.type === 'ArrayExpression' && isLoading(parent.parent)) findings.keep(literal, texts.notFollowed)
  }

  /** Returns true for code that loads a module: `import`, `require()`, or `define([])` of AMD. */
  function isLoading(node: Node | null | undefined): boolean {
    if (node?.type === 'CallExpression') return /(^define|(require|import)\w*)$/i.test(slice(node.callee))
    return /^(Import|Export|TSExternalModule)/.test(node?.type ?? '')
  }

  function redirect(literal: Range): void {
    edits.replace(literal, quote(literal))
  }

  function quote({ start }: Range): string {
    const mark = source[start] ?? "'"
    return `${mark}${compat}${mark}`
  }

  function isRequire({ callee }: CallExpression): boolean {
    const variable = parsed.findVariable(callee)
    if (variable === undefined) return isNamed(callee, 'require') || isCreated(callee)
    const declaration = findDeclaration(variable)
    if (declaration?.type === 'TSDeclareFunction') return isNamed(callee, 'require')
    if (declaration?.type !== 'VariableDeclarator') return false
    const { init, parent } = declaration
    if (parent?.type === 'VariableDeclaration' && parent.declare === true) return isNamed(callee, 'require')
    return isCreated(init)
  }

  /** Returns true for `createRequire(import.meta.url)`. */
  function isCreated(node: Node | null): boolean {
    return node?.type === 'CallExpression' && /\bcreateRequire$/.test(slice(node.callee))
  }

  /** Moves `require('twilio')` and `await import('twilio')`. */
  function moveExpression(loading: Node, literal: Node, module: Module): void {
    const dropped = judge.findDefault(loading)
    const node = climbCasts(dropped?.whole ?? loading)
    const { parent } = node
    const again = printAgain()
    const name = findName()
    if (name !== undefined) {
      const binding = moveBinding(name, module)
      if (binding === 'moves') {
        redirect(literal)
        if (dropped) dropDefault(loading)
        else if (name.parent !== parent) {
          const { id } = parent as VariableDeclarator
          edits.replace(id, slice(name) + edits.printComments(id, [name]))
        }
      } else if (binding !== 'stays') edits.addDeclarator(parent as VariableDeclarator, `${binding.second} = ${again}`)
      return
    }
    const use = judge.judgeUse(dropped?.whole ?? loading, module)
    if (use === 'moves') {
      redirect(literal)
      dropDefault(loading)
    } else if (use === 'splits') splitPattern(parent as VariableDeclarator, again)

    function printAgain(): string {
      const copy = new Edits(source.slice(0, node.end), [])
      copy.replace(literal, quote(literal))
      for (const part of dropped?.parts ?? []) copy.replace(part, '')
      return copy.apply().slice(node.start)
    }

    /** Finds `name` of `const name = …` and of `const { default: name } = …`. */
    function findName(): Node | undefined {
      if (parent?.type !== 'VariableDeclarator' || parent.init !== node) return undefined
      if (parent.id.type === 'Identifier') return parent.id
      const [only, ...others] = parent.id.type === 'ObjectPattern' ? parent.id.properties : []
      if (only?.type !== 'Property' || others.length > 0 || readKey(only) !== 'default') return undefined
      return only.value.type === 'Identifier' && parent.id.typeAnnotation == null ? only.value : undefined
    }
  }

  function dropDefault(use: Node): void {
    for (const part of judge.findDefault(use)?.parts ?? []) edits.replace(part, '')
  }

  /**
   * Decides how a name for the whole module moves, and renames the uses that need a second name.
   */
  function moveBinding(name: Node, module: Module): Binding {
    const variable = parsed.findVariable(name)
    if (variable === undefined) return 'stays'
    const uses = listUses(variable)
    if (findDeclaration(variable) === undefined || uses.some(({ isWrite }) => isWrite)) {
      findings.keep(name, texts.reassigned)
      return 'stays'
    }
    const judgements = uses.map(({ node }) => ({ node, use: judge.judgeUse(node, module) }))
    const movers = judgements.filter(({ use }) => use === 'moves' || use === 'splits')
    const isExported = isInExport(name)
    if (isExported) findings.keep(name, texts.exported)
    if (movers.length === 0) return 'stays'
    for (const { node } of movers) dropDefault(node)
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

  /** Moves some properties of a pattern to a second declarator. */
  function splitPattern(declarator: VariableDeclarator, init: string): void {
    const pattern = declarator.id as ObjectPattern
    const { movers, others } = partition(pattern)
    edits.replace(pattern, edits.printSome(others, pattern.properties, pattern))
    edits.addDeclarator(declarator, `${edits.printSome(movers, pattern.properties, pattern)} = ${init}`)
  }

  function moveImport(declaration: ImportDeclaration, module: Module): void {
    const { specifiers, phase } = declaration
    if (declaration.parent?.type !== 'Program' || phase) {
      findings.keep(declaration, texts.notFollowed)
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
      } else if (isMoved(imported, module)) {
        judge.judgeName(specifier.local, imported)
        if (validationNames.has(imported)) moveTypes(specifier.local)
        named.push(specifier)
      } else {
        if (module === 'webhooks' || isMistaken(imported)) findings.keep(specifier, texts.notFollowed)
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
    for (const line of lines) edits.addStatement(declaration, line)

    function printImport(list: readonly ImportDeclarationSpecifier[]): string {
      const clause = { start: declaration.start, end: declaration.source.start }
      const inBraces = specifiers.filter(({ type }) => type === 'ImportSpecifier')
      const bare = list.filter((one) => !inBraces.includes(one) || whole.includes(one))
      const braced = list.filter((one) => !bare.includes(one))
      const names = bare.map((one) => (whole.includes(one) ? `* as ${one.local.name}` : slice(one)))
      if (braced.length > 0) names.push(edits.printSome(braced, inBraces, clause))
      const parts = inBraces.length > 0 ? edits.splitList(inBraces, clause) : []
      const printed = parts.filter((_, index) => !whole.includes(inBraces[index] as ImportDeclarationSpecifier))
      const comments =
        list === stay || list[0] === first ? edits.printComments(clause, [...specifiers, ...printed]) : ''
      return `import ${kindOf(declaration)}${names.join(', ')}${comments} from `
    }
  }

  /**
   * In twilio, the name of a function is also its type. In `tollgate/compat` it is a value only.
   */
  function moveTypes(name: Node): void {
    const variable = parsed.findVariable(name)
    for (const { node } of variable ? listUses(variable) : [])
      if (node.parent?.type === 'TSTypeReference') edits.insert(node.start, 'typeof ')
  }

  function moveExport(declaration: ExportNamedDeclaration, module: Module): void {
    const { specifiers, source: literal } = declaration
    if (literal === null) return
    const movers = specifiers.filter(({ local }) => isMoved(readName(local), module))
    const others = specifiers.filter((one) => !movers.includes(one))
    if (others.some(({ local }) => module === 'webhooks' || readName(local) === 'default'))
      findings.keep(declaration, texts.exported)
    if (movers.length === 0) return
    if (others.length === 0) {
      redirect(literal)
      return
    }
    const kind = declaration.exportKind === 'type' ? 'type ' : ''
    const print = (list: typeof movers): string => edits.printSome(list, specifiers, declaration)
    const braces = { start: edits.find('{', declaration.start), end: edits.find('}', specifiers.at(-1)?.end ?? 0) + 1 }
    edits.replace(braces, print(others))
    edits.addStatement(declaration, `export ${kind}${print(movers)} from ${quote(literal)}`)
  }

  /** Moves `import twilio = require('twilio')`. */
  function moveImportEquals({ parent }: Node, literal: Node, module: Module): void {
    if (parent?.type !== 'TSImportEqualsDeclaration') return
    const binding = moveBinding(parent.id, module)
    if (binding === 'moves') redirect(literal)
    else if (binding !== 'stays') {
      const statement = parent.parent?.type === 'ExportNamedDeclaration' ? parent.parent : parent
      edits.addStatement(statement, `import ${kindOf(parent)}${binding.second} = require(${quote(literal)})`)
    }
  }

  /** Moves `import('twilio').webhook` in a type. */
  function moveImportType(type: Node, literal: Node, module: Module): void {
    let name = type.type === 'TSImportType' ? type.qualifier : null
    while (name?.type === 'TSQualifiedName') name = name.left
    if (name?.type === 'Identifier' && isMovedType(name.name, type.parent)) redirect(literal)
    else if (module === 'webhooks') findings.keep(literal, texts.notFollowed)
  }

  /** Tells whether an `export` is before the declaration of a name. */
  function isInExport(name: Node): boolean {
    const within = /^(Property|ObjectPattern|VariableDeclarator|VariableDeclaration|TSImportEqualsDeclaration)$/
    let node = name.parent
    while (node && within.test(node.type)) node = node.parent
    return node?.type === 'ExportNamedDeclaration'
  }
}

const kindOf = ({ importKind }: { readonly importKind?: string }): string => (importKind === 'type' ? 'type ' : '')

const isMoved = (name: string, module: Module): boolean =>
  validationNames.has(name) || (module === 'webhooks' && typeNames.has(name))

const readName = (name: ModuleExportName): string => (name.type === 'Literal' ? name.value : name.name)

const isNamed = (node: Node, name: string): boolean => node.type === 'Identifier' && node.name === name
