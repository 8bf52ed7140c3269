import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { entries } from '../../packages/tollgate/entries.js'

type WithParameters = ts.SignatureDeclaration & { readonly parameters: ts.NodeArray<ts.ParameterDeclaration> }

const starts = [
  ...Object.values(entries).map((entry) => join('packages/tollgate', entry)),
  ...['gateway', 'inspector', 'cli', 'codemod', 'schemas'].map((name) => join('packages', name, 'src/index.ts')),
]

const files = new Map<string, ts.SourceFile>()
function parse(path: string): ts.SourceFile {
  const known = files.get(path)
  const file = known ?? ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  files.set(path, file)
  return file
}

function isExported(node: ts.Node): boolean {
  return (ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Export) !== 0
}

/** Finds the declarations of a name in a file, or of all that it exports, also from other files. */
function findDeclarations(path: string, name?: string): ts.Node[] {
  const file = parse(path)
  return file.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const from = statement.moduleSpecifier as ts.StringLiteral | undefined
      // A name without `from` is declared in this file.
      const source = from === undefined ? path : join(dirname(path), from.text)
      if (!source.endsWith('.ts') || source.includes('node_modules')) return []
      const clause = statement.exportClause
      if (clause === undefined) return findDeclarations(source, name)
      if (!ts.isNamedExports(clause)) return []
      const wanted = clause.elements.filter((one) => name === undefined || one.name.text === name)
      return wanted.flatMap((one) => {
        const original = (one.propertyName ?? one.name).text
        return from === undefined ? findLocal(file, original) : findDeclarations(source, original)
      })
    }
    return isExported(statement) || ts.isVariableStatement(statement) ? listNamed(statement, name) : []
  })
}

function findLocal(file: ts.SourceFile, name: string): ts.Node[] {
  return file.statements.flatMap((statement) => listNamed(statement, name))
}

function listNamed(statement: ts.Statement, name?: string): ts.Node[] {
  if (ts.isVariableStatement(statement))
    return isExported(statement) || name !== undefined
      ? statement.declarationList.declarations.filter((one) => name === undefined || one.name.getText() === name)
      : []
  const { name: own } = statement as ts.Statement & { readonly name?: ts.Node }
  return own !== undefined && (name === undefined || own.getText() === name) ? [statement] : []
}

/** Lists what a caller can call of a declaration, with the node that has its docstring. */
function listSignatures(node: ts.Node): { readonly signature: WithParameters; readonly documented: ts.Node }[] {
  if (ts.isFunctionDeclaration(node)) {
    const { text } = node.name as ts.Identifier
    const overloads = node.getSourceFile().statements.filter((one) => ts.isFunctionDeclaration(one) && !one.body)
    const isHidden = node.body && overloads.some((one) => (one as ts.FunctionDeclaration).name?.text === text)
    return isHidden ? [] : [{ signature: node, documented: node }]
  }
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node))
    return [...node.members]
      .filter((one) => !(one.name && ts.isPrivateIdentifier(one.name)))
      .filter(
        (one) =>
          ts.isMethodDeclaration(one) ||
          ts.isMethodSignature(one) ||
          ts.isConstructorDeclaration(one) ||
          ts.isCallSignatureDeclaration(one),
      )
      .map((one) => ({ signature: one as WithParameters, documented: one }))
  if (ts.isTypeAliasDeclaration(node) && ts.isFunctionTypeNode(node.type))
    return [{ signature: node.type, documented: node }]
  if (ts.isVariableDeclaration(node)) {
    const value = node.type && ts.isFunctionTypeNode(node.type) ? node.type : node.initializer
    if (value && (ts.isFunctionTypeNode(value) || ts.isArrowFunction(value)))
      return [{ signature: value, documented: node.parent.parent }]
  }
  return []
}

/**
 * Lists the parameters that neither `@param` nor the documentation of an interface of options
 * explains.
 */
function listUnexplained({ signature, documented }: ReturnType<typeof listSignatures>[number]): string[] {
  const tags = ts.getJSDocTags(documented).filter(ts.isJSDocParameterTag)
  const said = new Set(tags.filter((tag) => String(tag.comment ?? '').trim() !== '').map((tag) => tag.name.getText()))
  return signature.parameters
    .filter((one, index) => {
      if (ts.isObjectBindingPattern(one.name)) return tags[index] === undefined
      return !said.has(one.name.getText())
    })
    .filter((one) => !/(Options|Hints)\b/.test(one.type?.getText() ?? ''))
    .map((one) => one.name.getText())
}

const declarations = new Set(starts.flatMap((start) => findDeclarations(start)))
const signatures = [...declarations].flatMap(listSignatures).filter(({ signature }) => signature.parameters.length > 0)

test('at least 95 of 100 public functions explain every parameter: with @param, or as documented options', () => {
  expect(signatures.length).toBeGreaterThan(110)
  const silent = signatures.filter((one) => listUnexplained(one).length > 0)
  const names = silent.map((one) => {
    const file = one.signature.getSourceFile()
    const { line } = file.getLineAndCharacterOfPosition(one.signature.getStart())
    return `${file.fileName}:${line + 1} ${listUnexplained(one).join(', ')}`
  })
  if (silent.length > signatures.length * 0.05) expect(names).toEqual([])
})

test('every option of a public interface of options has a docstring', () => {
  const interfaces = [...declarations].filter(ts.isInterfaceDeclaration).filter((one) => /Options$/.test(one.name.text))
  expect(interfaces.length).toBeGreaterThan(15)
  const silent = interfaces.flatMap((one) =>
    one.members
      .filter((member) => ts.getJSDocCommentsAndTags(member).length === 0)
      .map((member) => `${one.name.text}.${member.name?.getText()}`),
  )
  expect(silent).toEqual([])
})
