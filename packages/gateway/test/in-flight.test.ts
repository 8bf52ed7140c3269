import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { HttpExchange } from '../src/http-exchange.ts'
import { InFlight } from '../src/in-flight.ts'

/** Adds an exchange that records when it expires. */
function start(inFlight: InFlight, expired: number[], ms: number): HttpExchange {
  const exchange = { deadline: performance.now() + ms, expire: () => expired.push(ms) } as unknown as HttpExchange
  inFlight.add(exchange)
  return exchange
}

test('each exchange expires once, at its own deadline, in any order', async () => {
  const inFlight = new InFlight()
  const expired: number[] = []
  const begun = performance.now()
  for (const ms of [300, 100, 500, 200]) start(inFlight, expired, ms)
  while (expired.length < 4) await sleep(5)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(500)
  await sleep(50)
  expect(expired).toEqual([100, 200, 300, 500])
})

test('an exchange that has ended does not expire, and a later one does', async () => {
  const inFlight = new InFlight()
  const expired: number[] = []
  const [first, middle, last] = [50, 60, 70].map((ms) => start(inFlight, expired, ms)) as [
    HttpExchange,
    HttpExchange,
    HttpExchange,
  ]
  for (const exchange of [middle, first, last]) inFlight.delete(exchange)
  expect(inFlight.size).toBe(0)
  await sleep(120)
  expect(expired).toEqual([])
  start(inFlight, expired, 30)
  await expect.poll(() => expired).toEqual([30])
})
