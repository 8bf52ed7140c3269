import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { transform } from '../src/index.ts'

const folder = new URL('sources/', import.meta.url)
const names = readdirSync(folder).filter((name) => /\.[cm]?[jt]s$/.test(name))
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

for (const name of names)
  test(`${name} becomes the expected source`, async () => {
    const { source, notes, changed } = transform(read(name))
    const shown = notes.map(({ line, text }) => `// line ${line}: ${text}\n`).join('')
    await expect(`${shown}${source}`).toMatchFileSnapshot(`expected/${name}.txt`)
    expect(changed).toBe(name !== 'unrelated.ts')
    expect(transform(source)).toMatchObject({ source, changed: false })
  })

test('there are at least eight sources', () => {
  expect(names.length).toBeGreaterThanOrEqual(8)
})

test('refuses text that is not JavaScript', () => {
  expect(() => transform('const = twilio')).toThrow()
})
