import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { metricRows } from '../../packages/gateway/src/metric-rows.ts'
import { causes } from '../../packages/tollgate/src/diagnose/causes/index.ts'
import { rejections } from '../../packages/tollgate/src/verdict.ts'
import { packages } from '../pack.mjs'
import { root } from '../run.mjs'
import { listFiles } from './list-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const find = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name)

const guides = listFiles('docs', '.md').filter((page) => !page.includes('/decisions/'))
const readmes = ['README.md', ...packages.map((name) => `packages/${name}/README.md`)]
const documentation = [...guides, ...readmes].map(read).join('\n')

test('a page names every environment variable that the packages read', () => {
  const sources = packages.flatMap((name) => listFiles(`packages/${name}/src`, '.ts'))
  const source = sources.map(read).join('\n')
  const names = new Set(find(source, /(?:\benv\.|')((?:TOLLGATE|TWILIO|SENDGRID|OTEL)_[A-Z_]+)\b/g))
  expect(names.size).toBeGreaterThan(10)
  expect([...names].filter((name) => !documentation.includes(name))).toEqual([])
})

test('every rejection code has a page that begins with its message, and there are no other pages', () => {
  const codes = Object.entries(rejections)
  expect(listFiles('docs/codes', '.md')).toEqual(codes.map(([code]) => `docs/codes/${code}.md`).sort())
  for (const [code, { message }] of codes) expect(read(`docs/codes/${code}.md`)).toMatch(`# ${code}\n\n> ${message}\n`)
  const table = read('docs/why-does-validation-fail.md')
  for (const [code, { status }] of codes) expect(table).toContain(`| [\`${code}\`](codes/${code}.md) | ${status} |`)
})

test('the page of causes has a place for each cause, and nothing else has an anchor', () => {
  const anchors = find(read('docs/why-does-validation-fail.md'), /<a id="(\w+)"><\/a>/g)
  expect(anchors.sort()).toEqual(Object.keys(causes).sort())
})

test('the pages of the gateway name every metric, and no other', () => {
  const pages = ['docs/gateway.md', 'docs/operations.md', 'docs/runbook.md'].map(read).join('\n')
  const named = find(pages, /`(tollgate_(?!verified\b)\w+)/g).map((name) => name.replace(/_(count|sum|bucket)$/, ''))
  const metrics = Object.values(metricRows).map(({ name }) => name)
  expect([...new Set(named)].sort()).toEqual([...metrics].sort())
})

test('the page on moving from twilio names every function of tollgate/compat', async () => {
  const page = read('docs/migrating-from-twilio.md')
  const functions = Object.keys(await import('tollgate/compat'))
  expect(functions.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('the page on the command line has a row for each form of a request', async () => {
  const { requestForms } = await import('tollgate/internal')
  const page = read('docs/command-line.md')
  expect(Object.keys(requestForms).filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
})

test('the README of the package names every entry', async () => {
  const { entries } = await import('../../packages/tollgate/entries.js')
  const page = read('packages/tollgate/README.md')
  // The entry for our own packages has no promise.
  const names = Object.keys(entries).filter((name) => name !== '.' && name !== './internal')
  expect(names.filter((name) => !page.includes(`${name.slice(1)}\``))).toEqual([])
})

test('the page on Twilio Functions says that a local run does not check protected Functions', () => {
  const page = read('docs/frameworks/twilio-functions.md').replace(/\s+/g, ' ')
  expect(page).toMatch(/## A local run does not check it .{0,120}\.protected\.js/)
  // So its trial has to reach a deployed function.
  expect(page).toMatch(/## See it work .*?\/cli send sms --to https:.*? ## Set it in Twilio /)
})

// Twilio itself checks what calls a protected Function.
const frameworks = listFiles('docs/frameworks', '.md').filter((page) => !page.endsWith('/twilio-functions.md'))

test.each(frameworks)('%s says how to see it work, and where to set it in Twilio', (page) => {
  const text = read(page)
  const [, trial = ''] = /^## See it work\n([\s\S]*?)^## Set it in Twilio\n/m.exec(text) ?? []
  const [, kind, address = ''] =
    /^npx @tollgate\/cli send (\S+) --to (\S+) --public-url https:\/\/api\.example\.com$/m.exec(trial) ?? []
  expect(['sms', 'media-stream.handshake']).toContain(kind)
  const path = address.replace(/^(ws:\/\/)?localhost:\d+/, '')
  expect(text).toContain(`api.example.com${path}`)
  expect(find(text, /^(#{2,3}) /gm).length).toBeGreaterThan(3)
})
