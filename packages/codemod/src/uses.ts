import type { Variable } from '@typescript-eslint/scope-manager'
import type { CallExpression, NewExpression, Node, ObjectPattern } from 'oxc-parser'
import type { Range } from './edits.ts'
import { isClearName, isMistaken, isMovedType, type Module, validationNames } from './names.ts'
import { type Findings, judgeCall, texts } from './notes.ts'
import { climbCasts, listUses, type Parsed, readKey, readText, stripCasts } from './parse.ts'

/**
 * How the whole module is used in one place: by validation alone, by something else, or by both in
 * one pattern.
 */
type Use = 'moves' | 'stays' | 'splits'

/** Judges how the code of one file uses the module and its functions. */
export class Judge {
  readonly #source: string
  readonly #parsed: Parsed
  readonly #findings: Findings
  readonly #judged = new Set<Variable>()

  constructor(source: string, parsed: Parsed, findings: Findings) {
    this.#source = source
    this.#parsed = parsed
    this.#findings = findings
  }

  /**
   * Reports `Twilio.validateRequest` and `const { validateRequest } = Twilio` of Twilio Functions,
   * where the package is a global variable.
   */
  judgeGlobal(node: Node): void {
    const isGlobal = (one: Node | null): boolean =>
      one?.type === 'Identifier' && one.name === 'Twilio' && this.#parsed.findVariable(one) === undefined
    const isUse =
      node.type === 'MemberExpression'
        ? validationNames.has(readKey(node) ?? '') && isGlobal(node.object)
        : node.type === 'VariableDeclarator' &&
          node.id.type === 'ObjectPattern' &&
          isGlobal(node.init) &&
          partition(node.id).movers.length > 0
    if (isUse) this.#findings.keep(node, texts.notFollowed)
  }

  /** Reports validation in a file that gets twilio as an argument, or from a file of the user's. */
  judgeOthers(): void {
    for (const node of this.#parsed.nodes) {
      const { parent } = node
      if (node.type !== 'Identifier' || !isClearName(node.name)) continue
      const isOfTwilio =
        parent?.type === 'MemberExpression' &&
        parent.property === node &&
        parent.object.type === 'Identifier' &&
        /^twilio$/i.test(parent.object.name)
      const isImported =
        parent?.type === 'ImportSpecifier' &&
        parent.imported === node &&
        parent.parent?.type === 'ImportDeclaration' &&
        /(^|\/)twilio(\.[cm]?[jt]s)?$/i.test(parent.parent.source.value)
      if (isOfTwilio || isImported) this.#findings.keep(node, texts.notFollowed)
    }
  }

  /** Judges one use of the whole module. */
  judgeUse(whole: Node, module: Module): Use {
    const node = climbCasts(whole)
    const { parent } = node
    const stay = (name = ''): Use => {
      if (module === 'webhooks' || isMistaken(name)) this.#findings.keep(node, texts.notFollowed)
      return 'stays'
    }
    if (parent?.type === 'MemberExpression' && parent.object === node) {
      const name = readKey(parent)
      if (name !== undefined && validationNames.has(name)) {
        this.#judgeFunction(parent, name)
        return 'moves'
      }
      if (name !== undefined && name !== 'default') return stay(name)
      if (name === 'default' && this.findDefault(whole)) {
        const use = this.judgeUse(parent, module)
        if (use !== 'splits') return use
      }
    }
    if (parent?.type === 'TSQualifiedName' && parent.left === node) {
      return isMovedType(parent.right.name, parent.parent) ? 'moves' : stay()
    }
    if (parent?.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern')
      return this.#judgePattern(parent.id, module)
    if (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') {
      if (parent.callee === node) {
        this.#judgeClient(parent)
        return stay()
      }
      if (this.#isStub(parent, node)) {
        this.#findings.block(node, texts.mock)
        return 'stays'
      }
    }
    if (parent && /^(ExpressionStatement|IfStatement|UnaryExpression|TSTypeQuery)$/.test(parent.type)) return 'stays'
    this.#findings.keep(node, parent?.type.includes('Export') === true ? texts.exported : texts.notFollowed)
    return 'stays'
  }

  /**
   * Finds the `.default` after a use of the whole module, which `tollgate/compat` does not have.
   * @returns the expression with it, and the parts to remove from it
   */
  findDefault(use: Node): { readonly whole: Node; readonly parts: readonly Range[] } | undefined {
    const node = climbCasts(use)
    const { parent } = node
    if (parent?.type !== 'MemberExpression' || parent.object !== node || parent.computed || parent.optional)
      return undefined
    if (readKey(parent) !== 'default' || node.type === 'MemberExpression') return undefined
    const isInComment = (at: number): boolean => this.#parsed.comments.some(({ start, end }) => start <= at && at < end)
    let dot = node.end
    while (this.#source[dot] !== '.' || isInComment(dot)) dot++
    return { whole: parent, parts: [{ start: dot, end: dot + 1 }, parent.property] }
  }

  /** Reports `twilio(sid, token).validateRequest()`: a client of the API has no such function. */
  #judgeClient(client: Node): void {
    const node = climbCasts(client)
    const { parent } = node
    const variable =
      parent?.type === 'VariableDeclarator' && parent.init === node ? this.#parsed.findVariable(parent.id) : undefined
    for (const use of [node, ...(variable ? listUses(variable).map((one) => climbCasts(one.node)) : [])])
      if (use.parent?.type === 'MemberExpression' && use.parent.object === use)
        if (validationNames.has(readKey(use.parent) ?? '')) this.#findings.keep(use.parent, texts.notFollowed)
  }

  /** Returns true for `spyOn(twilio, 'webhook')`, `Object.assign(twilio, {})` and the like. */
  #isStub({ callee, arguments: args }: CallExpression | NewExpression, node: Node): boolean {
    if (args.some((argument) => validationNames.has(readText(stripCasts(argument)) ?? ''))) return true
    const name = this.#source.slice(callee.start, callee.end)
    return args[0] === node && /^(Object|Reflect)\.(assign|define\w*|set)$/.test(name)
  }

  /** Judges `const { webhook, twiml } = twilio`. */
  #judgePattern(pattern: ObjectPattern, module: Module): Use {
    const { movers, others } = partition(pattern)
    const isClear = others.every((one) => one.type === 'Property' && ![undefined, 'default'].includes(readKey(one)))
    const hasDefaults = pattern.properties.some(
      (one) => one.type === 'Property' && one.value.type === 'AssignmentPattern',
    )
    const canSplit = isClear && !pattern.typeAnnotation && !hasDefaults && module === 'main'
    const mistaken = others.find((one) => one.type === 'Property' && isMistaken(readKey(one) ?? ''))
    if (mistaken !== undefined) this.#findings.keep(mistaken, texts.notFollowed)
    if (!isClear || (others.length > 0 && (movers.length > 0 || module === 'webhooks') && !canSplit)) {
      this.#findings.keep(pattern, texts.notFollowed)
      return 'stays'
    }
    for (const { key, value, ...one } of movers)
      this.judgeName(value.type === 'AssignmentPattern' ? value.left : value, readKey({ key, ...one }) ?? '')
    return movers.length === 0 ? 'stays' : others.length === 0 ? 'moves' : 'splits'
  }

  /** Judges all uses of a local name for a function. */
  judgeName(local: Node, name: string): void {
    const variable = local.type === 'Identifier' ? this.#parsed.findVariable(local) : undefined
    if (variable === undefined || this.#judged.has(variable)) return
    this.#judged.add(variable)
    for (const { node, isWrite } of listUses(variable)) if (!isWrite) this.#judgeFunction(node, name)
  }

  /**
   * Judges one use of a function or constant. It moves, unless it says that nothing in the file may
   * move.
   */
  #judgeFunction(use: Node, name: string): void {
    const node = climbCasts(use)
    const { parent } = node
    if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'Identifier')
      this.judgeName(parent.id, name)
    else if (parent?.type === 'CallExpression' && parent.callee === node) {
      const { notes, refused } = judgeCall(this.#parsed, parent, name)
      for (const text of notes) this.#findings.check(parent, text)
      if (isDiscarded(parent)) this.#findings.check(parent, texts.discarded)
      if (refused.length > 0) this.#findings.freeze(parent, `${texts.unknownOption}${refused.join(', ')}.`)
    } else if (parent && isTarget(node, parent)) this.#findings.block(node, texts.mock)
    else if (parent && !/^[A-Z]/.test(name) && this.#isInspected(node, parent))
      this.#findings.freeze(node, texts.inspected)
  }

  /** Returns true for a function whose properties are used, as in tests. */
  #isInspected(node: Node, parent: Node): boolean {
    if (parent.type === 'VariableDeclarator') return parent.init === node
    if (parent.type === 'MemberExpression')
      return parent.object === node && !/^(call|apply|bind)$/.test(readKey(parent) ?? '')
    // `vi.mocked(check)`, `sinon.assert.calledOnce(check)`, `expect(check).toHaveBeenCalled()`
    if (parent.type === 'CallExpression')
      return (
        /mock|stub|spy|called/i.test(this.#source.slice(parent.callee.start, parent.callee.end)) ||
        listMembers(parent).some((name) => /called|returned/i.test(name))
      )
    return false
  }
}

/** Splits the properties of a pattern into those that are validation and the others. */
export function partition({ properties }: ObjectPattern) {
  const isMover = (one: (typeof properties)[number]): boolean =>
    one.type === 'Property' && validationNames.has(readKey(one) ?? '')
  return {
    movers: properties.filter(isMover) as Extract<(typeof properties)[number], { type: 'Property' }>[],
    others: properties.filter((one) => !isMover(one)),
  }
}

/** Returns true for a call whose result nothing uses. */
function isDiscarded({ parent }: Node): boolean {
  if (parent?.type === 'AwaitExpression' || parent?.type === 'ChainExpression') return isDiscarded(parent)
  return parent?.type === 'ExpressionStatement'
}

/**
 * Lists the members that a chain takes of a value: `not` and `toBe` for `f` in `f().not.toBe(1)`.
 */
function listMembers(node: Node): readonly string[] {
  const { parent } = node
  if (parent?.type === 'CallExpression' && parent.callee === node) return listMembers(parent)
  if (parent?.type !== 'MemberExpression' || parent.object !== node) return []
  return [readKey(parent) ?? '', ...listMembers(parent)]
}

/** Returns true for an expression that gets a value. */
function isTarget(node: Node, parent: Node): boolean {
  if (parent.type === 'UpdateExpression') return true
  if (parent.type === 'UnaryExpression') return parent.operator === 'delete'
  if (parent.type === 'Property') return parent.parent?.type === 'ObjectPattern' && parent.value === node
  if (/^(ArrayPattern|RestElement)$/.test(parent.type)) return true
  return 'left' in parent && parent.left === node && /^(Assignment|For)/.test(parent.type)
}
