import { beforeEach, test, vi } from 'vitest'
import { runProgram } from '../conservation/program.ts'
import { targets } from '../conservation/targets.ts'

// It is here because its acts are random, and what they find is rare.
// A long run: COUNT=200 npx vitest run --project heavy conformance/heavy/conservation.test.ts
// SEED repeats a run that failed.
const { COUNT = '1', SEED = '2' } = process.env
const [count, first] = [Number(COUNT), Number(SEED)]

// The guards print the first rejection of each code.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined))

for (const target of targets)
  test(`E8 ${target.name}: nothing is in flight, reserved or open after random acts on many connections`, {
    timeout: 20_000 + count * 5000,
  }, async () => {
    for (let seed = first; seed < first + count; seed++)
      await runProgram(target, seed, 120).catch((error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error })
      })
  })
