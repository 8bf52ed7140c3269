import { vi } from 'vitest'

interface FastCheck {
  readonly default: { assert(property: unknown, parameters?: object): unknown }
}

// Fewer runs, because each of hundreds of mutants waits for them. The seed makes every run write
// the same page.
vi.mock('fast-check', async (importOriginal) => {
  const { default: fc } = await importOriginal<FastCheck>()
  const assert = (property: unknown, parameters?: object) =>
    fc.assert(property, { ...parameters, numRuns: 100, seed: 1 })
  return { default: { ...fc, assert } }
})
