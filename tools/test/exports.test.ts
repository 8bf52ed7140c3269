import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { entries, providers, requiredProviders, withoutHmac } from '../../packages/tollgate/entries.js'
import { exportsOf, filesOf, jsrOf } from '../exports.mjs'

const library = new URL('../../packages/tollgate/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', library), 'utf8'))

test('package.json exports the built files (node tools/exports.mjs)', () => {
  expect(manifest.exports).toEqual(exportsOf(entries))
  expect(manifest.files).toEqual(filesOf(entries))
})

test('jsr.json exports the sources (node tools/exports.mjs)', () => {
  expect(JSON.parse(readFileSync(new URL('jsr.json', library), 'utf8'))).toEqual(jsrOf(entries))
})

test('the providers are those of node:crypto on Node.js, otherwise the portable ones', () => {
  expect(Object.keys(manifest.imports['#ecdsa'])).toEqual(['node', 'default'])
  for (const subpath of Object.keys(entries).filter((name) => !withoutHmac.includes(name)))
    expect(Object.keys(manifest.exports[subpath].import)).toEqual(['types', 'bun', 'node', 'default'])
})

// Bundlers leave out a module whose exports are unused, unless "sideEffects" lists it.
test.each(Object.keys(entries))('%s brings the pure provider to browsers if it makes HMACs', async (subpath) => {
  const { metafile, outputFiles } = await build({
    stdin: {
      contents: `import * as all from 'tollgate${subpath.slice(1)}'; globalThis.used = all`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: ['node:*', 'vitest', '@jest/globals', '@nestjs/common'],
    // Otherwise esbuild follows the paths of the library's own tsconfig.json.
    tsconfigRaw: {},
    absWorkingDir: fileURLToPath(library),
    metafile: true,
    write: false,
  })
  const isPure = metafile.inputs['dist/hmac/pure.js'] !== undefined
  expect(isPure).toBe(!withoutHmac.includes(subpath))
  expect(outputFiles[0]?.text.includes('getBuiltinModule("node:crypto")')).toBe(isPure)
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
  const peers = ['@jest/globals', '@nestjs/common', 'vitest']
  expect([...new Set(required)].sort()).toEqual([...peers, ...ofNode].sort())
  expect(manifest.dependencies).toBeUndefined()
})

test.each(Object.entries({ ...entries, ...providers, ...requiredProviders }))(
  '%s is built from %s',
  (_subpath, source) => {
    expect(existsSync(new URL(source, library))).toBe(true)
  },
)
