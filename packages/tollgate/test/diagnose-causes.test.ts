import { describe, expect, test } from 'vitest'
import { diagnose } from '../src/diagnose/index.ts'
import { brokenAlone, brokenTogether, optionsFor } from './diagnose-support.ts'

const ids = (causes: readonly { readonly id: string }[] | undefined): string[] =>
  (causes ?? []).map(({ id }) => id).sort()

for (const [title, list] of [
  ['one cause is named', brokenAlone],
  ['causes that go together are named', brokenTogether],
] as const)
  describe(title, () => {
    for (const broken of list)
      test(`${broken.causes.join(', ')}: ${broken.what}`, async () => {
        const diagnosis = await diagnose(broken.request, optionsFor(broken))
        expect(diagnosis.verdict.ok).toBe(false)
        if (broken.suspected) {
          expect(diagnosis.proven).toBeUndefined()
          expect(diagnosis.suspected[0]?.id).toBe(broken.causes[0])
        } else expect(ids(diagnosis.proven?.causes)).toEqual([...broken.causes].sort())
      })
  })
