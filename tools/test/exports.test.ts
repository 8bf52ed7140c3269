import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { entries, providers, requiredProviders } from '../../packages/tollgate/entries.js'
import { exportsOf, filesOf, jsrOf } from '../exports.mjs'

const library = new URL('../../packages/tollgate/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', library), 'utf8'))

test('package.json exports the built files (npm run exports)', () => {
  expect(manifest.exports).toEqual(exportsOf(entries))
  expect(manifest.files).toEqual(filesOf(entries))
})

test('jsr.json exports the sources (npm run exports)', () => {
  expect(JSON.parse(readFileSync(new URL('jsr.json', library), 'utf8'))).toEqual(jsrOf(entries))
})

test('the providers are those of node:crypto on Node.js, otherwise the portable ones', () => {
  for (const name of ['#hmac', '#ecdsa']) expect(Object.keys(manifest.imports[name])).toEqual(['node', 'default'])
  expect(Object.keys(providers)).toEqual(['./hmac/node', './hmac/pure', './ecdsa/node', './ecdsa/web'])
})

test('each entry point has a folder, for tools that do not read `exports`', () => {
  for (const subpath of Object.keys(entries).filter((name) => name !== '.')) {
    const { main, types } = JSON.parse(readFileSync(new URL(`${subpath}/package.json`, library), 'utf8'))
    const conditions = manifest.exports[subpath].require
    const folder = new URL(`${subpath}/`, library)
    expect(new URL(main, folder)).toEqual(new URL(conditions.default, library))
    expect(new URL(types, folder)).toEqual(new URL(conditions.types, library))
  }
})

test('the CommonJS copy needs neither `imports` nor a dependency', () => {
  const names = readdirSync(new URL('dist', library), { recursive: true, encoding: 'utf8' })
  const required = names
    .filter((name) => name.endsWith('.cjs'))
    .flatMap((name) => [...readFileSync(new URL(`dist/${name}`, library), 'utf8').matchAll(/\brequire\("([^".]+)/g)])
    .map(([, name]) => name)
  const ofNode = ['events', 'http', 'stream', 'stream/consumers']
  const peers = ['@jest/globals', '@nestjs/common', 'fast-xml-parser', 'vitest']
  expect([...new Set(required)].sort()).toEqual([...peers, ...ofNode].sort())
  expect(manifest.dependencies).toBeUndefined()
})

test.each(Object.entries({ ...entries, ...providers, ...requiredProviders }))(
  '%s is built from %s',
  (_subpath, source) => {
    expect(existsSync(new URL(source, library))).toBe(true)
  },
)
