import type { ASTPath, Collection, JSCodeshift, Property } from 'jscodeshift'
import { type Binding, isRequire, listBindings, listUses } from './bindings.ts'
import { type Edits, placeOf } from './edits.ts'
import { isTwilioModule, isWebhooksModule, typeNames, validationNames } from './names.ts'

/** The state of one file while it is moved. */
export interface File {
  readonly j: JSCodeshift
  readonly root: Collection
  readonly source: string
  readonly edits: Edits
  /**
   * The names to import from `tollgate/compat`: from the name in this file to the exported name.
   */
  readonly moved: Map<string, string>
}

const compat = 'tollgate/compat'

/** A member expression (`twilio.webhook`) or a qualified type name (`twilio.WebhookOptions`). */
interface MemberLike {
  readonly type: string
  readonly object?: unknown
  readonly computed?: boolean
  readonly property?: { readonly name?: string }
  readonly right?: { readonly name?: string }
}

/**
 * Changes module names where that is enough: `twilio/lib/webhooks/webhooks` exports only
 * validation, and `require('twilio').webhook` uses nothing else.
 */
export function redirectModules({ j, root, source, edits }: File): void {
  const redirect = (node: object): void => {
    const { start } = placeOf(node)
    const quote = source[start] ?? "'"
    edits.replace(node, `${quote}${compat}${quote}`)
  }
  root.find(j.StringLiteral).forEach(({ node, parent }) => {
    if (isWebhooksModule(node.value) && /^(Import|Export|CallExpression|TSExternal)/.test(parent.node.type))
      redirect(node)
  })
  root.find(j.MemberExpression).forEach(({ node }) => {
    const { object, property } = node
    if (object.type !== 'CallExpression' || !isRequire(object) || property.type !== 'Identifier') return
    const [argument] = object.arguments
    if (argument && validationNames.has(property.name) && !isWebhooks(argument)) redirect(argument)
  })
}

const isWebhooks = (node: object): boolean => isWebhooksModule(String((node as { value?: unknown }).value))

/**
 * Replaces `twilio.webhook` with `webhook`, or with another name if the file already uses that one.
 * @returns the number of uses of the binding that remain
 */
export function moveMembers(file: File, binding: Binding): number {
  const { j, root, edits, moved } = file
  let remaining = 0
  for (const use of listUses(j, root, binding)) {
    const node = (use.parent as ASTPath).node as MemberLike
    const isType = node.type === 'TSQualifiedName'
    const isMember =
      isType || (/MemberExpression$/.test(node.type) && node.object === use.node && node.computed !== true)
    const name = (isType ? node.right : node.property)?.name ?? ''
    if (isMember && (validationNames.has(name) || (isType && typeNames.has(name)))) {
      const local = chooseName(file, name)
      moved.set(local, name)
      edits.replace(node, local)
    } else if (!isEmptiedPattern(use.parent.node)) remaining++
  }
  return remaining
}

function isEmptiedPattern(node: { type: string; id?: { type: string; properties?: readonly object[] } }): boolean {
  return (
    node.type === 'VariableDeclarator' &&
    node.id?.type === 'ObjectPattern' &&
    node.id.properties?.every((property) => readName(property) !== undefined) === true
  )
}

function chooseName({ j, root }: File, name: string): string {
  const isTaken = root.find(j.Identifier, { name }).some(({ parent, node }) => {
    const owner = parent.node as MemberLike
    return owner.property !== node && owner.right !== node
  })
  return isTaken ? `tollgate${name[0]?.toUpperCase()}${name.slice(1)}` : name
}

/** Moves `const { webhook } = require('twilio')` and `const { webhook } = twilio`. */
export function moveProperties(file: File): void {
  const { j, root, source, edits, moved } = file
  const names = new Set(listBindings(j, root).map(({ name }) => name))
  root.find(j.VariableDeclarator).forEach(({ node, parent }) => {
    const { id, init } = node
    const fromTwilio = isRequire(init) || (init?.type === 'Identifier' && names.has(init.name))
    if (id.type !== 'ObjectPattern' || !fromTwilio || isRedirected(init)) return
    const stay = id.properties.filter((property) => readName(property) === undefined)
    if (stay.length === id.properties.length) return
    for (const property of id.properties) {
      const name = readName(property)
      if (name !== undefined) moved.set(((property as Property).value as { name: string }).name, name)
    }
    if (stay.length === 0 && parent.node.declarations.length === 1) edits.drop(parent.node, source)
    else edits.replace(id, stay.length === 0 ? '{}' : `{ ${stay.map((one) => sliceOf(source, one)).join(', ')} }`)
  })
}

/** Returns the exported name in a property of a pattern, if that export moves. */
function readName(property: object): string | undefined {
  const { key, value } = property as { key?: { type: string; name: string }; value?: { type: string } }
  const isPlain = key?.type === 'Identifier' && value?.type === 'Identifier'
  return isPlain && validationNames.has(key.name) ? key.name : undefined
}

function isRedirected(init: unknown): boolean {
  const [argument] = (init as { arguments?: readonly { value?: unknown }[] }).arguments ?? []
  return typeof argument?.value === 'string' && isWebhooksModule(argument.value)
}

/**
 * Removes the moved names from `import twilio, { webhook } from 'twilio'`, and a default import
 * that is no longer used.
 */
export function moveImports(file: File, unused: ReadonlySet<string>): void {
  const { j, root, source, edits, moved } = file
  root.find(j.ImportDeclaration).forEach(({ node }) => {
    if (!isTwilioModule(node.source.value) || isWebhooksModule(String(node.source.value))) return
    const given = node.specifiers ?? []
    const stay = given.filter((one) => {
      const local = String(one.local?.name)
      if (one.type !== 'ImportSpecifier') return !unused.has(local)
      const imported = String(one.imported.name)
      if (!validationNames.has(imported)) return true
      moved.set(local, imported)
      return false
    })
    if (stay.length === given.length) return
    if (stay.length === 0) edits.drop(node, source)
    else {
      const braced = stay.filter(({ type }) => type === 'ImportSpecifier').map((one) => sliceOf(source, one))
      const bare = stay.filter(({ type }) => type !== 'ImportSpecifier').map((one) => sliceOf(source, one))
      const clause = [...bare, ...(braced.length > 0 ? [`{ ${braced.join(', ')} }`] : [])].join(', ')
      const kind = node.importKind === 'type' ? 'type ' : ''
      edits.replace(node, `import ${kind}${clause} from ${source.slice(placeOf(node.source).start, placeOf(node).end)}`)
    }
  })
}

function sliceOf(source: string, node: object): string {
  const { start, end } = placeOf(node)
  return source.slice(start, end)
}
