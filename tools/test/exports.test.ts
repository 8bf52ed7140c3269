import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { entries, internalEntries } from '../../packages/tollgate/entries.js'
import { exportsOf, jsrOf, typesVersionsOf } from '../exports.mjs'

const library = new URL('../../packages/tollgate/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', library), 'utf8'))

test('package.json exports the built files (npm run exports)', () => {
  expect(manifest.exports).toEqual(exportsOf(entries))
  expect(manifest.typesVersions).toEqual(typesVersionsOf(entries))
})

test('jsr.json exports the sources (npm run exports)', () => {
  expect(JSON.parse(readFileSync(new URL('jsr.json', library), 'utf8'))).toEqual(jsrOf(entries))
})

test('the providers are those of node:crypto on Node.js, otherwise the portable ones', () => {
  for (const name of ['#hmac', '#ecdsa']) expect(Object.keys(manifest.imports[name])).toEqual(['node', 'default'])
  expect(Object.keys(internalEntries)).toEqual(['./hmac/node', './hmac/pure', './ecdsa/node', './ecdsa/web'])
})

test.each(Object.entries({ ...entries, ...internalEntries }))('%s is built from %s', (_subpath, source) => {
  expect(existsSync(new URL(source, library))).toBe(true)
})
