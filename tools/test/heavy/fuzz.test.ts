import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fuzz, targets } from '../../../fuzz/run.mjs'

// Slow, because a fuzzer needs its seconds: a minute of CPU time in all.

test('each target runs briefly and finds no fault', { timeout: 240_000 }, async () => {
  const outcomes = await fuzz(6)
  expect(outcomes.map(({ name, ok, text }) => (ok ? name : text))).toEqual(targets)
  for (const { runs, points } of outcomes) expect([runs > 10, points > 10]).toEqual([true, true])
})

test('finds a planted fault and saves its input', { timeout: 240_000 }, async () => {
  const [outcome] = await fuzz(15, ['planted'])
  expect(outcome?.ok).toBe(false)
  expect(outcome?.finding).toContain('planted')
  const findings = new URL('../../../fuzz/findings/', import.meta.url).pathname
  const kept = readdirSync(findings).filter((name) => name.startsWith('planted-'))
  expect(kept.length).toBeGreaterThan(0)
  for (const name of kept) rmSync(join(findings, name))
})
