import { describe, test } from 'vitest'
import { runProgram } from '../conservation/program.ts'
import { targets } from '../conservation/targets.ts'

// `COUNT=500 npx vitest run --project conformance conformance/runs/conservation.test.ts` is a long run.
const count = Number(process.env.COUNT ?? 3)
const first = Number(process.env.SEED ?? 1)

describe.each(targets)('$name', (target) => {
  test(`nothing is left of ${count} random programs`, { timeout: 20_000 + count * 5000 }, async () => {
    for (let seed = first; seed < first + count; seed++)
      await runProgram(target, seed, 120).catch((error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error })
      })
  })
})
