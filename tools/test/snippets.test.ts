import { describe, expect, test } from 'vitest'
import { listLooseSnippets, listPages, listSources, readPage, renderPage } from '../snippets.mjs'

describe.each(listPages())('%s', (page) => {
  test('shows its snippets as their files have them (npm run snippets)', () => {
    expect(readPage(page)).toBe(renderPage(page))
  })

  test('has no JavaScript that no file stands behind', () => {
    expect(listLooseSnippets(page)).toEqual([])
  })

  test('takes its snippets from files that the tests of the examples run', () => {
    for (const file of listSources(page)) expect(file).toMatch(/^examples\//)
  })
})
