import { describe, expect, test } from 'vitest'
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
