import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../../run.mjs'
import { makeBoms } from '../../sbom.mjs'

// Slow: npm lists the dependencies of six packages, and only a new dependency changes the result.

let rows: Awaited<ReturnType<typeof makeBoms>>

beforeAll(async () => {
  rows = await makeBoms()
})

test('each package has an SBOM, permissive licences and no install scripts', () => {
  expect(rows.map(({ bom }) => bom.metadata.component.name)).toEqual([
    'tollgate',
    'gateway',
    'inspector',
    'cli',
    'codemod',
    'schemas',
    'calls',
  ])
  expect(rows.flatMap(({ problems }) => problems)).toEqual([])
})

test('the library contains the code of one other package', () => {
  const names = rows[0]?.bom.components.map(({ group, name }) => `${group}/${name}`)
  expect(names).toEqual(['@noble/hashes'])
})

test('an SBOM names the packages whose code is inside, and nothing installs them again', () => {
  const names = rows.map(({ bom }) => bom.components.map(({ group, name }) => (group ? `${group}/${name}` : name)))
  for (const index of [1, 2, 3]) expect(names[index]?.filter((name) => name === 'zod')).toEqual(['zod'])
  for (const index of [0, 4]) expect(names[index]).not.toContain('zod')
})

test('a file with the code or the types of another package begins with its licence', () => {
  const files = [
    'tollgate/dist/hmac/pure.js',
    'tollgate/dist/hmac/pure.cjs',
    'gateway/dist/index.js',
    'gateway/dist/index.d.ts',
  ]
  for (const file of files) {
    const text = readFileSync(join(root, 'packages', file), 'utf8')
    expect(text, file).toMatch(/^\/\*\nContains (@noble\/hashes|zod) \d+\.\d+\.\d+\.\n\n(The )?MIT License/)
  }
  expect(readFileSync(join(root, 'packages/gateway/dist/index.js'), 'utf8')).not.toContain('from "zod"')
})
