import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../run.mjs'

const page = readFileSync(join(root, 'docs/attacks.md'), 'utf8')
const rows = [...page.matchAll(/^\| ([A-E]\d+) \| .* \| (.*) \|$/gm)].map(
  ([, id = '', links = '']) => [id, links] as const,
)

/** Finds the classes that the titles of a file's cases start with. */
function listClasses(file: string): string[] {
  const titles = readFileSync(join(root, file), 'utf8').matchAll(/(['"`])((?:[A-E]\d{1,2}:? )+)(?:(?!\1)[^\n])+\1/g)
  return [...titles].flatMap(([, , ids = '']) => ids.match(/\w+/g) ?? [])
}

test.each(rows)('docs/attacks.md: %s has cases in each file that it names', (id, links) => {
  const files = [...links.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file)
  expect(files).not.toEqual([])
  expect(files.filter((file) => !listClasses(file).includes(id))).toEqual([])
})

test('docs/attacks.md has the class of every case', () => {
  const folders = ['conformance/attacks', 'conformance/replay', 'conformance/adapter', 'packages/gateway/test']
  const files = folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  const used = files.filter((file) => file.endsWith('.ts')).flatMap(listClasses)
  const known = rows.map(([id]) => id)
  expect(used.length).toBeGreaterThan(100)
  expect(used.filter((id) => !known.includes(id))).toEqual([])
})
