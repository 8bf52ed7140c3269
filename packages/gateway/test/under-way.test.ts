import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Passage } from '../src/passage.ts'
import { UnderWay } from '../src/under-way.ts'

/** A passage that says when it expires. */
function start(underWay: UnderWay, expired: number[], ms: number): Passage {
  const passage = { deadline: performance.now() + ms, expire: () => expired.push(ms) } as unknown as Passage
  underWay.add(passage)
  return passage
}

test('each expires once, by its own deadline and not before, whatever the order of their beginning', async () => {
  const underWay = new UnderWay()
  const expired: number[] = []
  const begun = performance.now()
  for (const ms of [300, 100, 500, 200]) start(underWay, expired, ms)
  while (expired.length < 4) await sleep(5)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(500)
  await sleep(50)
  expect(expired).toEqual([100, 200, 300, 500])
})

test('what has ended does not expire, and what begins afterwards does', async () => {
  const underWay = new UnderWay()
  const expired: number[] = []
  const [first, middle, last] = [50, 60, 70].map((ms) => start(underWay, expired, ms)) as [Passage, Passage, Passage]
  for (const passage of [middle, first, last]) underWay.delete(passage)
  expect(underWay.size).toBe(0)
  await sleep(120)
  expect(expired).toEqual([])
  start(underWay, expired, 30)
  await expect.poll(() => expired).toEqual([30])
})
