// Prints bytes per request: the growth of the heap without garbage collection, or the part that
// stays after a collection.
import { parse } from 'node:querystring'
import { createVerifier } from 'tollgate'
import { authToken, cycle, makeMessages, publicUrl, url } from './webhooks.mjs'

const next = cycle(makeMessages())
const verifier = createVerifier({ publicUrl, authToken })
const { default: twilio } = await import('twilio')

/** @type {Record<string, { work: () => unknown, count: number, isKept?: boolean }>} */
const cases = {
  verify: { work: () => verifier.verify(next().request), count: 5000 },
  kept: { work: () => verifier.verify(next().request), count: 50_000, isKept: true },
  twilio: {
    work() {
      const { body, signature } = next()
      return twilio.validateRequest(authToken, signature, url, parse(body.toString()))
    },
    count: 5000,
  },
}

const { work, count, isKept = false } = cases[process.argv[2] ?? ''] ?? {}
if (work === undefined || count === undefined) throw new Error('The argument must be verify, kept or twilio.')
for (let warm = 0; warm < 20_000; warm++) await work()
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
for (let request = 0; request < count; request++) await work()
if (isKept) globalThis.gc?.()
console.log(Math.max(process.memoryUsage().heapUsed - before, 0) / count)
