import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

/**
 * The types of options that the sources of all packages declare, with the name of each property.
 */
function listMembers(): { readonly where: string; readonly name: string; readonly type: string }[] {
  const members: { where: string; name: string; type: string }[] = []
  for (const project of readdirSync('packages')) {
    const folder = join('packages', project, 'src')
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(path)) continue
      const file = ts.createSourceFile(path, readFileSync(join(folder, path), 'utf8'), ts.ScriptTarget.Latest, true)
      const visit = (node: ts.Node): void => {
        if (ts.isPropertySignature(node) || ts.isMethodSignature(node))
          members.push({
            where: join(folder, path),
            name: node.name.getText(file),
            type: ts.isMethodSignature(node) ? `() => ${node.type?.getText(file)}` : (node.type?.getText(file) ?? ''),
          })
        // The gateway's file of options is a schema, not a type.
        if (ts.isPropertyAssignment(node) && /^z\./.test(node.initializer.getText(file)))
          members.push({
            where: join(folder, path),
            name: node.name.getText(file),
            type: node.initializer.getText(file),
          })
        ts.forEachChild(node, visit)
      }
      visit(file)
    }
  }
  return members
}

const members = listMembers()

test('what is named on… is a callback', () => {
  const named = members.filter(({ name }) => /^on[A-Z]/.test(name))
  expect(named.map(({ name }) => name)).toEqual(expect.arrayContaining(['onVerdict', 'onRejected', 'onProblem']))
  const isFunction = (type: string): boolean => /=>|\['on[A-Z]\w*'\]/.test(type)
  expect(named.filter(({ type }) => !isFunction(type))).toEqual([])
})

test('an optional function that returns nothing is a callback, and is named on…', () => {
  const callbacks = members.filter(({ type }) => /^\(\(.*\) => void\)( \| undefined)?$/s.test(type))
  expect(callbacks.length).toBeGreaterThan(3)
  expect(callbacks.filter(({ name }) => !/^on[A-Z]/.test(name))).toEqual([])
})
