import { expect, test } from 'vitest'
import { diagnoseForged } from '../diagnosis/forged-run.ts'

// `npm run corpus --workspace conformance -- --forged 20000` diagnoses more of them.
test('no forged request is proven to be anything', async () => {
  const { proven, ...counts } = await diagnoseForged(300, 1)
  console.log(JSON.stringify(counts))
  expect(proven).toEqual([])
  // The generator makes signatures that are worth a search.
  expect(counts.searched).toBeGreaterThan(240)
}, 600_000)
