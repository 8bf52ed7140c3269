import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatValue, listShown, readBags, renderOptions } from '../options.mjs'
import { root } from '../run.mjs'
import { listPages } from '../snippets.mjs'

const bags = readBags()
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

describe.each([...bags])('%s', (_name, { options }) => {
  test.each(options.map((option) => [option.name, option] as const))('%s says what its row says', (_option, option) => {
    const { row, fallback, meaning } = option
    expect(meaning).not.toBe('')
    if (row.required) expect(fallback).toBe('')
    else expect(fallback).not.toBe('')
    if (row.default !== undefined)
      expect(fallback.replace(/^`(true|false)`/, '$1')).toMatch(startsWith(formatValue(row.default)))
    if (row.type === 'integer' && row.most === undefined)
      expect(meaning).toContain(`n integer from ${formatValue(row.least)}`)
    if (row.type === 'integer' && row.most !== undefined)
      expect(meaning).toContain(`n integer from ${formatValue(row.least)} to ${formatValue(row.most)}`)
    for (const choice of row.choices ?? []) expect(`${meaning} ${fallback}`).toContain(`'${choice}'`)
  })
})

function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[^\w\s]/g, '\\$&')}(?![\\w])`)
}

test.each(listPages())('%s has the options of the tables (npm run options)', (page) => {
  expect(read(page)).toBe(renderOptions(page, bags))
})

test('every table is on a page', () => {
  const shown = listPages().flatMap((page) => listShown(read(page)))
  expect([...bags.keys()].filter((name) => !shown.includes(name))).toEqual([])
})
