import { expect, test } from 'vitest'
import { diagnoseForged } from '../diagnosis/forged-run.ts'

test('no forged request is proven to be anything', async () => {
  const { proven, ...counts } = await diagnoseForged(1000, 1)
  console.log(JSON.stringify(counts))
  expect(proven).toEqual([])
  // The generator makes signatures that are worth a search.
  expect(counts.searched).toBeGreaterThan(800)
}, 600_000)
