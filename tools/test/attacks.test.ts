import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classes, listCases, page, readTable, renderPage } from '../attacks.mjs'

test('every class of attack has at least one case', () => {
  const played = new Set(listCases().flatMap(({ ids }) => ids))
  expect(Object.keys(classes).filter((id) => !played.has(id))).toEqual([])
})

test('docs/attacks.md lists the current cases (node tools/attacks.mjs)', () => {
  expect(readFileSync(page, 'utf8')).toBe(renderPage(readTable()))
})

test('a case of several classes is listed under each', () => {
  const ids = listCases().find(({ name }) => name === 'a hostile Host, with one public URL')?.ids
  expect(ids).toEqual(['A1', 'A3'])
})
