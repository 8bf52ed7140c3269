import { describe, expect, test } from 'vitest'
import { families, runSetUp } from '../field/run.ts'
import { applyMend } from '../field/set-up.ts'

const verified = { status: 200, verdicts: [{ ok: true }] }

for (const [family, setUps] of Object.entries(families))
  describe(`set-ups from the field: ${family}`, () => {
    for (const setUp of setUps)
      test(setUp.id, async () => {
        const outcome = await runSetUp(setUp)
        if ('works' in setUp) return expect(outcome).toMatchObject(verified)
        expect(outcome.verdicts).toMatchObject([{ ok: false }])
        expect(outcome.status).toBeGreaterThanOrEqual(400)
        expect(await runSetUp(applyMend(setUp))).toMatchObject(verified)
      }, 60_000)
  })

test('the ids of the set-ups are unique', () => {
  const ids = Object.values(families).flatMap((setUps) => setUps.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
})
