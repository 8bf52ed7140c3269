import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OptionRow } from 'tollgate/internal'
import { describe, expect, test } from 'vitest'
import { toFields } from '../../packages/gateway/src/config/fields.ts'
import { addressOptions } from '../../packages/gateway/src/options.ts'
import { inFiles, listShown, readBags, renderOptions } from '../options.mjs'
import { root } from '../run.mjs'
import { listPages } from '../snippets.mjs'

const bags = readBags()
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

describe.each([...bags])('%s', (_name, { options }) => {
  test.each(options.map((option) => [option.name, option] as const))('%s says what its row says', (_option, option) => {
    const { row } = option
    const meaning = joinDigits(option.meaning)
    const fallback = joinDigits(option.fallback)
    expect(meaning).not.toBe('')
    expect(fallback === '').toBe(row.required === true)
    if (row.default !== undefined) {
      const value = typeof row.default === 'string' ? `\`'${row.default}'\`` : String(row.default)
      const start = fallback.replace(/^`(true|false)`/, '$1')
      expect(start.slice(0, value.length)).toBe(value)
      expect(start.slice(value.length)).toMatch(/^(\W|$)/)
    }
    if (row.type === 'integer')
      expect(meaning).toContain(`n integer from ${row.least}${row.most === undefined ? '' : ` to ${row.most}`}`)
    for (const choice of row.choices ?? []) expect(`${meaning} ${fallback}`).toContain(`'${choice}'`)
  })
})

/** Joins the groups of digits: `1,000` to `1000`. */
function joinDigits(text: string): string {
  return text.replace(/(?<=\d),(?=\d{3})/g, '')
}

test.each(listPages())('%s has the options of the tables (node tools/options.mjs)', (page) => {
  expect(read(page)).toBe(renderOptions(page, bags))
})

const all = [...bags].flatMap(([bag, { options }]) => options.map(({ name, row }) => ({ id: `${bag}.${name}`, row })))

test('every option is on a page', () => {
  const shown = listPages().flatMap((page) => listShown(read(page), bags))
  expect(all.map(({ id }) => id).filter((id) => !shown.includes(id))).toEqual([])
})

test('a table of the same name in another package replaces none', () => {
  expect(bags.get('AddressOptions')?.options.map(({ name }) => name)).toEqual(Object.keys(addressOptions))
})

test('the tables of a configuration file have the options that the gateway takes from it', () => {
  const taken = all.filter(({ row }) => 'it' in toFields({ it: row as OptionRow }))
  expect(taken.length).toBeGreaterThan(20)
  expect(all.filter(({ row }) => inFiles.includes(row.type))).toEqual(taken)
})
