import type { Variable } from '@typescript-eslint/scope-manager'
import type { CallExpression, Node, ObjectExpression } from 'oxc-parser'
import type { Range } from './edits.ts'
import { webhookOptions } from './names.ts'
import { findDeclaration, lineOf, listUses, type Parsed, readKey, readText, stripCasts } from './parse.ts'

/** A line that the user must check. */
export interface Note {
  /** The line in the given source, from 1. */
  readonly line: number
  /** The problem and its fix. */
  readonly text: string
}

/** The texts of notes. */
export const texts = {
  notFollowed: 'This use of twilio was not followed. Move the validation by hand if it goes through here.',
  exported: 'twilio is exported here. Files that import it from here keep its validation: move them by hand.',
  passed: 'twilio goes on from here, so its validation stays in use. Import it from tollgate/compat instead in ',
  reassigned: 'This name for twilio has several values or declarations. Move its validation by hand.',
  inspected: 'This code inspects a function of twilio, so this file stays. Move its validation by hand.',
  mock: 'This replaces validation of twilio, and would not reach what has moved: mock tollgate/compat here, or sign real requests with tollgate/testing.',
  mocked: 'This file mocks twilio, so it stays. Move its validation by hand.',
  dynamic: 'This file uses `eval` or `with`, so it stays. Move its validation by hand.',
  unverified:
    'Twilio calls this route, and nothing here verifies that it is Twilio: guard it with twilioWebhook of tollgate.',
  failed: 'The move would damage this file, so it stays. Move its validation by hand.',
  host: 'Without `url` or `host` the Host header is trusted: set one, or use `publicUrl` of tollgate/express.',
  hostUrl:
    'This URL is built from the Host header, which the caller chooses: write the public origin of your server here.',
  off: '`validate: false` turns the check off: nothing is verified here.',
  mayBeOff: '`validate` decides whether anything is verified here: make sure that it is true in production.',
  discarded: 'The result of this call is not used, so nothing is verified here.',
  empty: 'An empty token is a TypeError in tollgate/compat: check the token before this call.',
  parser:
    'JSON webhooks need their raw bytes: give this parser `limit` 1mb and `verify: captureRawBody` from tollgate/express.',
  unknownOption: 'tollgate refuses unknown options, so this file stays. Remove them first: ',
}

/** Collects the notes on one file. */
export class Findings {
  readonly #source: string
  readonly #kept: Note[] = []
  readonly #moved: Note[] = []
  readonly #blocks: Note[] = []
  #isFrozen = false

  constructor(source: string) {
    this.#source = source
  }

  /** True if nothing in the file may move. */
  get isFrozen(): boolean {
    return this.#isFrozen
  }

  /** Adds a note about code that stays. */
  keep(node: Range, text: string): void {
    this.#add(this.#kept, node, text)
  }

  /** Adds a note about code that moves. */
  check(node: Range, text: string): void {
    this.#add(this.#moved, node, text)
  }

  /** Adds the reason why nothing in the file may move. */
  freeze(node: Range, text: string): void {
    this.#isFrozen = true
    this.keep(node, text)
  }

  /** Adds a test that replaces validation, so that nothing in its package may move. */
  block(node: Range, text: string): void {
    this.#isFrozen = true
    this.#add(this.#blocks, node, text)
  }

  /** The lines that let nothing in the package move. */
  get blocks(): readonly Note[] {
    return this.#blocks
  }

  /**
   * Drops the notes on code that stays, but not those on replaced validation.
   * @returns the dropped notes
   */
  drop(): readonly Note[] {
    this.#isFrozen = this.#blocks.length > 0
    return this.#kept.splice(0)
  }

  /** Lists the notes by line. Notes about code that moves apply only if it does. */
  list(isMoved: boolean): readonly Note[] {
    return [...this.#kept, ...this.#blocks, ...(isMoved ? this.#moved : [])].sort((one, other) => one.line - other.line)
  }

  #add(notes: Note[], { start }: Range, text: string): void {
    const line = lineOf(this.#source, start)
    if (!notes.some((note) => note.line === line && note.text === text)) notes.push({ line, text })
  }
}

const tokenIndexes: Readonly<Record<string, number>> = {
  getExpectedTwilioSignature: 0,
  validateExpressRequest: 1,
  validateIncomingRequest: 1,
  validateRequest: 0,
  validateRequestWithBody: 0,
  webhook: 0,
}

const urlIndexes: Readonly<Record<string, number>> = {
  getExpectedTwilioSignature: 1,
  validateRequest: 2,
  validateRequestWithBody: 2,
}

/**
 * Checks a call of a function that moves.
 * @returns notes, and the options that the function would refuse
 */
export function judgeCall(
  parsed: Parsed,
  call: CallExpression,
  name: string,
): { readonly notes: readonly string[]; readonly refused: readonly string[] } {
  const token = call.arguments[tokenIndexes[name] ?? -1]
  const url = call.arguments[urlIndexes[name] ?? -1]
  const notes = [
    ...(token && mayBeEmpty(parsed, token) ? [texts.empty] : []),
    ...(url && readsHost(parsed, url, new Set()) ? [texts.hostUrl] : []),
  ]
  // `webhook(token, options)` and `webhook(options)`, but
  // `validateExpressRequest(request, token, options)`.
  const index = { webhook: 0, validateExpressRequest: 2, validateIncomingRequest: 2 }[name]
  if (index === undefined) return { notes, refused: [] }
  const args = call.arguments.slice(index).map((argument) => readArgument(parsed, argument))
  if (args.includes('unknown')) return { notes, refused: [] }
  const properties = args.flatMap((argument) => (typeof argument === 'string' ? [] : argument.properties))
  const keys = properties.map((property) => (property.type === 'Property' ? readKey(property) : undefined))
  const findValue = (key: string): Node | undefined => {
    const property = properties.find((one) => one.type === 'Property' && readKey(one) === key)
    return property?.type === 'Property' ? stripCasts(property.value) : undefined
  }
  const validate = findValue('validate')
  const validates = validate === undefined || (validate.type === 'Literal' ? validate.value : 'maybe')
  const address = findValue('url') ?? findValue('host')
  if (address && readsHost(parsed, address, new Set())) notes.push(texts.hostUrl)
  // A spread or a computed key may be any option.
  const isOpen = keys.includes(undefined) || keys.includes('url') || keys.includes('host')
  return {
    notes: [
      ...notes,
      ...(validates === false ? [texts.off] : validates === 'maybe' ? [texts.mayBeOff] : []),
      ...(isOpen || validates === false ? [] : [texts.host]),
    ],
    refused: name === 'webhook' ? keys.filter((key) => key !== undefined && !webhookOptions.has(key)).map(String) : [],
  }
}

function readArgument(parsed: Parsed, argument: Node): ObjectExpression | 'token' | 'unknown' {
  const node = stripCasts(argument)
  if (node.type === 'ObjectExpression') return node
  if (node.type === 'MemberExpression') return isTokenName(readKey(node)) ? 'token' : 'unknown'
  if (node.type !== 'Identifier') return /^(Spread|Conditional|Call|Await)/.test(node.type) ? 'unknown' : 'token'
  const variable = parsed.findVariable(node)
  const declaration = variable && findDeclaration(variable)
  const init = declaration?.type === 'VariableDeclarator' && declaration.init ? stripCasts(declaration.init) : undefined
  if (init?.type === 'ObjectExpression') return init
  return isTokenName(node.name) ? 'token' : 'unknown'
}

/**
 * Returns true for `token || ''`, `token ?? ''`, `token ? token : ''` and a name for one of them.
 */
function mayBeEmpty(parsed: Parsed, argument: Node): boolean {
  const node = stripCasts(argument)
  if (node.type === 'LogicalExpression') return readText(node.right) === ''
  if (node.type === 'ConditionalExpression')
    return [node.consequent, node.alternate].some((one) => readText(one) === '')
  const variable = node.type === 'Identifier' ? parsed.findVariable(node) : undefined
  const declaration = variable && findDeclaration(variable)
  if (declaration?.type !== 'VariableDeclarator' || !declaration.init || declaration.id.type !== 'Identifier')
    return false
  // `if (!token)` is the check that the note asks for.
  const isChecked = listUses(variable as Variable).some(({ node: { parent } }) =>
    /^(Unary|Logical|Conditional)Expression$|^IfStatement$/.test(parent?.type ?? ''),
  )
  return !isChecked && stripCasts(declaration.init).type !== 'Identifier' && mayBeEmpty(parsed, declaration.init)
}

/**
 * Returns true for an expression that reads the Host header, itself or through the names and
 * functions of this file that it uses.
 * @param seen the declarations that were followed
 */
function readsHost(parsed: Parsed, { start, end }: Range, seen: Set<Node>): boolean {
  return parsed.nodes.some((node) => {
    if (node.start < start || node.end > end) return false
    const key = /^(MemberExpression|Property)$/.test(node.type) ? readKey(node as { key?: Node }) : readText(node)
    if (key !== undefined && /^(x-forwarded-host|X-Forwarded-Host|[hH]ost|hostname)$/.test(key)) {
      if (node.type === 'MemberExpression') return isOfRequest(node.object)
      const owner = node.parent?.parent
      if (node.type !== 'Property') return true
      return owner?.type === 'VariableDeclarator' && owner.init !== null && isOfRequest(owner.init)
    }
    const variable = node.type === 'Identifier' ? parsed.findVariable(node) : undefined
    const declaration = variable && findDeclaration(variable)
    if (!declaration || seen.has(declaration) || seen.size > 50 || isParameter(variable)) return false
    seen.add(declaration)
    return readsHost(parsed, declaration, seen)
  })
}

const isParameter = ({ defs: [definition] }: Variable): boolean => definition?.type === 'Parameter'

/** Returns true for `request`, `req.headers` and `context.req`. */
const isOfRequest = (node: Node): boolean =>
  node.type === 'MemberExpression'
    ? /^(headers|req|request)$/.test(readKey(node) ?? '')
    : node.type === 'Identifier' && /^(_?req|headers|event|ctx|context)/i.test(node.name)

const isTokenName = (name: string | undefined): boolean => /token|secret|auth|undefined/i.test(name ?? '')

/** Returns true for a call of Express's or body-parser's `json()` that keeps no raw bytes. */
export function isLossyParser(parsed: Parsed, call: CallExpression): boolean {
  const { callee } = call
  const owner = callee.type === 'MemberExpression' && readKey(callee) === 'json' ? callee.object : callee
  const module = findModule(parsed, owner)
  if (module?.name !== 'express' && module?.name !== 'body-parser') return false
  if ((owner === callee) !== (module.member === 'json')) return false
  const [options] = call.arguments
  if (options === undefined) return true
  return (
    options.type === 'ObjectExpression' &&
    options.properties.every((property) => property.type === 'Property' && readKey(property) !== 'verify')
  )
}

/** Finds the module that an expression loads, and the member if it is one of its exports. */
function findModule(parsed: Parsed, node: Node): { readonly name: string; readonly member?: string } | undefined {
  if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require') {
    const name = readText(node.arguments[0])
    return name === undefined ? undefined : { name }
  }
  const variable = node.type === 'Identifier' ? parsed.findVariable(node) : undefined
  const declaration = variable && findDeclaration(variable)
  if (declaration === undefined) return undefined
  const { parent } = declaration
  if (declaration.type === 'TSImportEqualsDeclaration') {
    const { moduleReference: reference } = declaration
    return reference.type === 'TSExternalModuleReference' ? { name: reference.expression.value } : undefined
  }
  if (parent?.type === 'ImportDeclaration') {
    const imported = declaration.type === 'ImportSpecifier' ? declaration.imported : undefined
    const member = imported?.type === 'Identifier' ? imported.name : readText(imported)
    return { name: parent.source.value, ...(member !== undefined && member !== 'default' && { member }) }
  }
  if (declaration.type !== 'VariableDeclarator' || !declaration.init) return undefined
  const module = findModule(parsed, declaration.init)
  if (module === undefined || declaration.id.type !== 'ObjectPattern') return module
  const property = declaration.id.properties.find(
    (one) => one.type === 'Property' && one.value.type === 'Identifier' && one.value.name === variable?.name,
  )
  const member = property?.type === 'Property' ? readKey(property) : undefined
  return member === undefined ? undefined : { ...module, member }
}
