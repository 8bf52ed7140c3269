import type { ASTPath, Collection, JSCodeshift } from 'jscodeshift'
import { isTwilioModule } from './names.ts'

/** A local name that stands for the whole of the twilio package, and what declares it. */
export interface Binding {
  readonly name: string
  readonly declaration: ASTPath
}

/** The names that stand for the whole package: `import twilio from`, `import * as twilio from`, `const twilio = require()`. */
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

/** Whether it is `require('twilio')`. */
export function isRequire(node: unknown): boolean {
  const call = node as
    | { type?: string; callee?: { name?: string }; arguments?: { value?: unknown }[] }
    | null
    | undefined
  return (
    call?.type === 'CallExpression' && call.callee?.name === 'require' && isTwilioModule(call.arguments?.[0]?.value)
  )
}

/** The places where a name is used, its declaration and what merely is spelled the same (properties, other scopes) left out. */
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
