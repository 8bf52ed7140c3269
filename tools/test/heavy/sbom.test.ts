import { beforeAll, expect, test } from 'vitest'
import { makeBoms } from '../../sbom.mjs'

// Slow: npm lists the dependencies of five packages, and only a new dependency changes the result.

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
  ])
  expect(rows.flatMap(({ problems }) => problems)).toEqual([])
})

test('the library contains the code of one other package', () => {
  const names = rows[0]?.bom.components.map(({ group, name }) => `${group}/${name}`)
  expect(names).toEqual(['@noble/hashes'])
})
