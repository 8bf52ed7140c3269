import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { causes } from '../../packages/tollgate/src/diagnose/causes/index.ts'
import { namePage } from '../../packages/tollgate/src/verdict.ts'
import { placeOf } from '../../site/pages.mjs'
import { renderPages } from '../causes.mjs'
import { rejectionPages } from '../rejection-pages.mjs'
import { root } from '../run.mjs'

const pages = await renderPages()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const decisions = pages.get('docs/why-does-validation-fail.md') ?? ''
const codesInTypes = [...read('packages/tollgate/src/verdict.ts').matchAll(/^ {2}\| '(\w+)'$/gm)].map(
  ([, code]) => code,
)

test.each([...pages.keys()])('%s is current (npm run causes)', (path) => {
  expect(read(path)).toBe(pages.get(path))
})

test('every cause has one section and a link from a question', () => {
  const ids = Object.keys(causes)
  expect(ids.length).toBeGreaterThanOrEqual(39)
  for (const id of ids) {
    expect(decisions.split(`<a id="${id}"></a>`), id).toHaveLength(2)
    expect(decisions, id).toContain(`](#${id})`)
  }
})

test('no two causes have a text in common', () => {
  for (const name of ['title', 'symptom', 'reason'] as const) {
    const texts = Object.values(causes).map((row) => row[name])
    expect(texts.filter((text, at) => texts.indexOf(text) !== at)).toEqual([])
  }
})

test('every rejection code has its page, and there are no other pages', () => {
  expect(codesInTypes.length).toBeGreaterThan(20)
  expect(Object.keys(rejectionPages).sort()).toEqual([...codesInTypes].sort())
  expect(readdirSync(join(root, 'docs/codes')).sort()).toEqual(codesInTypes.map((code) => `${code}.md`).sort())
})

test('a cause whose symptom is a code is a usual cause of that code', () => {
  const named = Object.entries(causes).flatMap(([id, { symptom }]) =>
    [...symptom.matchAll(/`(\w+)`/g)].filter(([, code]) => codesInTypes.includes(code)).map(([, code]) => [code, id]),
  )
  expect(named.length).toBeGreaterThan(20)
  const listed = Object.entries(causes).flatMap(([id, { codes = [] }]) => codes.map((code) => `${code} ${id}`))
  expect(named.map((pair) => pair.join(' ')).filter((pair) => !listed.includes(pair))).toEqual([])
})

test('these pages have no broken links', () => {
  for (const [path, text] of pages)
    for (const [, target = '', id] of text.matchAll(/\]\(([\w./-]*)(?:#([\w-]+))?\)/g)) {
      const file = target === '' ? path : join(path, '..', target)
      expect(existsSync(join(root, file)), `${path}: ${target}`).toBe(true)
      if (id !== undefined && /why-does-\w*-?validation-fail\.md$/.test(file))
        expect(pages.get(file), `${path}: ${id}`).toContain(`<a id="${id}"></a>`)
    }
})

test('the message of a rejection ends with its page', async () => {
  const { createVerifier } = await import('tollgate')
  const verifier = createVerifier({
    publicUrl: 'https://api.example.com',
    authToken: '0123456789abcdef0123456789abcdef',
  })
  const requests = [
    { method: 'PUT', url: '/sms', headers: {} },
    { method: 'POST', url: '/sms', headers: {} },
    { method: 'POST', url: '/sms', headers: { 'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=' } },
  ]
  for (const request of requests) {
    const verdict = await verifier.verify(request)
    if (verdict.ok) throw new Error('It was accepted')
    expect(verdict.message.endsWith(` See ${namePage(verdict.code)}`)).toBe(true)
    const page = `docs/codes/${verdict.code}.md`
    expect(pages.has(page)).toBe(true)
    const address = `https://tollgate.example/${placeOf(page).replace(/md$/, 'html')}`
    expect(namePage(verdict.code, 'https://tollgate.example')).toBe(address)
  }
})
