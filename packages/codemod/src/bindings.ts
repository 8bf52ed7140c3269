import type { ASTPath, Collection, JSCodeshift } from 'jscodeshift'
import { isTwilioModule } from './names.ts'

/** A local name for the whole twilio package, with its declaration. */
export interface Binding {
  readonly name: string
  readonly declaration: ASTPath
}

/**
 * Lists the local names for the whole package, from `import twilio from`, `import * as twilio from`
 * and `const twilio = require()`.
 */
export function listBindings(j: JSCodeshift, root: Collection): readonly Binding[] {
  const bindings: Binding[] = []
  root
    .find(j.ImportDeclaration, ({ source }) => isTwilioModule(source.value))
    .forEach((path) => {
      for (const specifier of path.node.specifiers ?? [])
        if (specifier.type !== 'ImportSpecifier' && specifier.local)
          bindings.push({ name: String(specifier.local.name), declaration: path })
    })
  root.find(j.VariableDeclarator).forEach((path) => {
    if (path.node.id.type === 'Identifier' && isRequire(path.node.init))
      bindings.push({ name: path.node.id.name, declaration: path })
  })
  root.find(j.TSImportEqualsDeclaration).forEach((path) => {
    const { moduleReference, id } = path.node
    if (moduleReference.type === 'TSExternalModuleReference' && isTwilioModule(moduleReference.expression.value))
      bindings.push({ name: String(id.name), declaration: path })
  })
  return bindings
}

/** Returns true for `require('twilio')`. */
export function isRequire(node: unknown): boolean {
  const call = node as
    | { type?: string; callee?: { name?: string }; arguments?: { value?: unknown }[] }
    | null
    | undefined
  return (
    call?.type === 'CallExpression' && call.callee?.name === 'require' && isTwilioModule(call.arguments?.[0]?.value)
  )
}

/** Lists the uses of a name, without its declaration, properties and names of other scopes. */
export function listUses(j: JSCodeshift, root: Collection, { name, declaration }: Binding): readonly ASTPath[] {
  const home = declaration.scope?.lookup(name)
  return root
    .find(j.Identifier, { name })
    .filter((path) => !isDeclaration(path) && !isPropertyName(path) && path.scope?.lookup(name) === home)
    .paths()
}

function isDeclaration({ parent }: ASTPath): boolean {
  return /^(Import.*Specifier|TSImportEqualsDeclaration)$/.test(parent.node.type)
}

function isPropertyName({ node, parent }: ASTPath): boolean {
  const owner = parent.node
  if (owner.type === 'VariableDeclarator') return owner.id === node
  if (/MemberExpression$/.test(owner.type)) return owner.property === node && !owner.computed
  return /Property$|Method$/.test(owner.type) && owner.key === node && owner.value !== node && !owner.computed
}
