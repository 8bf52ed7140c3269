// Measures the look-ups per second and the memory of `cached`, with a million known accounts and
// with a million invented ones. Exits with 1 if the source was called more often than allowed.
import { cached } from 'tollgate/keys'

const accounts = 1_000_000
const batch = 1000
const allowedPerSecond = 100
let failed = false

/** @param {string} prefix two hex digits @param {number} number */
function claimOf(prefix, number) {
  const accountSid = `AC${prefix}${number.toString(16).padStart(30, '0')}`
  return { accountSid, url: 'https://example.com/sms', method: 'POST' }
}

function measureHeap() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/**
 * @param {string} what
 * @param {number} count
 * @param {(number: number) => unknown} work returns a promise only if it must be awaited
 */
async function measure(what, count, work) {
  const start = performance.now()
  for (let first = 0; first < count; first += batch) {
    const waiting = []
    for (let number = first; number < first + batch; number++) {
      const result = work(number)
      if (result instanceof Promise) waiting.push(result)
    }
    await Promise.all(waiting)
  }
  const seconds = (performance.now() - start) / 1000
  print(what, `${Math.round(count / seconds).toLocaleString('en')} per second`)
  return seconds
}

/** @param {string} what @param {string} figure */
function print(what, figure) {
  console.log(what.padEnd(58), figure.padStart(24))
}

/** @param {string} what @param {number} before */
function printMemory(what, before) {
  const bytes = measureHeap() - before
  print(what, `${(bytes / 1024 / 1024).toFixed(1)} MB`)
}

/** @param {string} what @param {number} calls @param {number} least @param {number} most */
function check(what, calls, least, most) {
  const isWithin = calls >= least && calls <= most
  failed ||= !isWithin
  const range = least === most ? `exactly ${most}` : `at most ${most}`
  print(what, `${calls} (${range})${isWithin ? '' : ' VIOLATED'}`)
}

async function measureKnown() {
  console.log(`\n${accounts.toLocaleString('en')} known accounts, maxEntries 1,200,000, no rate limit`)
  const before = measureHeap()
  let calls = 0
  const lookup = cached(
    async (accountSid) => {
      calls++
      return accountSid.slice(2)
    },
    { maxEntries: 1_200_000, ttlSeconds: 86_400, maxLookupsPerSecond: Number.POSITIVE_INFINITY },
  )
  await measure('accounts looked up for the first time, ten requests each', accounts, (number) => {
    const claim = claimOf('00', number)
    for (let request = 0; request < 9; request++) Promise.resolve(lookup(claim))
    return Promise.resolve(lookup(claim)).then(() => lookup.verified?.(claim))
  })
  await measure('look-ups from memory, verified each time', accounts, (number) => {
    const claim = claimOf('00', number)
    lookup(claim)
    lookup.verified?.(claim)
  })
  printMemory('memory', before)
  check('calls of the source', calls, accounts, accounts)
}

async function measureInvented() {
  console.log(
    `\n${accounts.toLocaleString('en')} invented accounts and 1,000 known ones, ${allowedPerSecond} look-ups per second`,
  )
  const before = measureHeap()
  let calls = 0
  const source = async (/** @type {string} */ accountSid) => {
    calls++
    return accountSid.startsWith('AC00') ? accountSid.slice(2) : undefined
  }
  const lookup = cached(source, { maxLookupsPerSecond: allowedPerSecond, ttlSeconds: 86_400 })
  for (let number = 0; number < 1000; number++) {
    const claim = claimOf('00', number)
    while (!(await Promise.resolve(lookup(claim)).catch(() => undefined)));
    lookup.verified?.(claim)
  }
  calls = 0
  let refused = 0
  /** @type {Set<Promise<unknown>>} */
  const waiting = new Set()
  const start = performance.now()
  await measure('look-ups of invented accounts', accounts, (number) => {
    // Queued look-ups are awaited at the end, so that the flood does not slow down.
    const flight = Promise.resolve(lookup(claimOf('ff', number)))
      .catch(() => refused++)
      .finally(() => waiting.delete(flight))
    waiting.add(flight)
  })
  printMemory('memory', before)
  await Promise.all(waiting)
  const seconds = (performance.now() - start) / 1000
  print('refused as key_lookup_failed', refused.toLocaleString('en'))
  check(`calls of the source in ${seconds.toFixed(1)} s`, calls, 0, Math.ceil((seconds + 1) * allowedPerSecond))
  calls = 0
  await measure('look-ups of the known accounts meanwhile', accounts, (number) => lookup(claimOf('00', number % 1000)))
  check('calls of the source for them', calls, 0, 0)
}

async function measureForged() {
  console.log(
    `\n${accounts.toLocaleString('en')} forged requests for 10,000 known accounts, ${allowedPerSecond} refreshes per second`,
  )
  let time = 0
  let calls = 0
  const source = async (/** @type {string} */ accountSid) => {
    calls++
    return accountSid.slice(2)
  }
  const options = { maxEntries: 20_000, ttlSeconds: 86_400, maxLookupsPerSecond: allowedPerSecond, now: () => time }
  const lookup = cached(source, options)
  for (let number = 0; number < 10_000; number++, time += 10) {
    await lookup(claimOf('00', number))
    lookup.verified?.(claimOf('00', number))
  }
  calls = 0
  // The clock is simulated: the forged requests arrive over a hundred seconds.
  await measure('mismatches, each asking for a refresh', accounts, (number) => {
    time += 0.1
    return lookup.refresh?.(claimOf('00', number % 10_000))
  })
  check('calls of the source in 100.0 s', calls, 0, 101 * allowedPerSecond)
}

await measureKnown()
await measureInvented()
await measureForged()
process.exitCode = failed ? 1 : 0
