import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classes, listCases, page, renderPage } from '../attacks.mjs'

test('every class of attack has at least one case', () => {
  const played = new Set(listCases().map(({ id }) => id))
  expect(Object.keys(classes).filter((id) => !played.has(id))).toEqual([])
})

test('docs/attacks.md lists the current cases (npm run attacks)', () => {
  expect(readFileSync(page, 'utf8')).toBe(renderPage())
})
