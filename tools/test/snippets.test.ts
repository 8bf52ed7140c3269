import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../run.mjs'
import { listLooseSnippets, listPages, listSources, readPage, renderPage } from '../snippets.mjs'

describe.each(listPages())('%s', (page) => {
  test('has the same snippets as their files (node tools/snippets.mjs)', () => {
    expect(readPage(page)).toBe(renderPage(page))
  })

  test('has no JavaScript without a source file', () => {
    expect(listLooseSnippets(page)).toEqual([])
  })

  test('takes its snippets from files that the tests of the examples run', () => {
    for (const file of listSources(page)) expect(file).toMatch(/^examples\//)
  })
})

test('the README has at most 150 lines, only whole files as snippets, and no wide code', () => {
  const readme = readPage('README.md')
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150)
  const [first = ''] = listSources('README.md')
  for (const line of readPage(first).split('\n')) expect(line.length, line).toBeLessThan(80)
  expect(readme).not.toMatch(/<!-- from \S+#/)
})

test('no example is longer than 40 lines', () => {
  const files = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  const long = files.filter((name) => name.endsWith('.mjs') && readPage(`examples/${name}`).split('\n').length > 41)
  expect(long).toEqual([])
})

// `conformance/heavy/examples.test.ts` starts and attacks each example. So the page works as well.
const guides = 'astro azure cloud-functions elysia fastify h3 hono koa nest next react-router sveltekit'.split(' ')

test.each(guides)('docs/frameworks/%s.md has the files, packages and commands of its example', (name) => {
  const page = readPage(`docs/frameworks/${name}.md`)
  const read = (file: string): string => readFileSync(join(root, 'examples', name, file), 'utf8')
  const { dependencies, devDependencies, scripts } = JSON.parse(read('package.json'))
  const installed = [...page.matchAll(/^npm install (.*)$/gm)].flatMap(([, names = '']) => names.split(' '))
  const packages = new Set(installed.filter((word) => !word.startsWith('--')))
  expect([...packages].sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).sort())
  for (const command of scripts.start.split(' && ')) expect(page).toContain(command.replace(/ --hostname .*/, ''))
  const saved = [...page.matchAll(/`([\w./+-]+[.]\w+)`:\n\n<!-- from (\S+) -->/g)]
  expect(saved.length).toBeGreaterThan(0)
  for (const [, file, source] of saved) expect(source).toBe(`examples/${name}/${file}`)
})
