import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createRateLimit, sleep, unref, withTimeLimit } from '../src/checks/limits.ts'
import { testProperty } from './property.ts'

function useFakeTimers(): void {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
}

/** Resolves with the state of a promise after its reactions ran. */
async function readState(promise: Promise<unknown>): Promise<string> {
  let state = 'pending'
  promise.then(
    () => {
      state = 'resolved'
    },
    (error: Error) => {
      state = error.message
    },
  )
  await vi.advanceTimersByTimeAsync(0)
  return state
}

describe('sleep', () => {
  useFakeTimers()

  test('waits the whole time, and leaves no listener', async () => {
    const { signal } = new AbortController()
    const slept = sleep(50, signal)
    await vi.advanceTimersByTimeAsync(49)
    expect(await readState(slept)).toBe('pending')
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await readState(slept)).toBe('resolved')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test.each(['before it starts', 'while it waits'])(
    'rejects if the signal aborts %s, and leaves no timer',
    async (when) => {
      const controller = new AbortController()
      if (when === 'before it starts') controller.abort()
      const slept = sleep(50, controller.signal)
      slept.catch(() => {})
      controller.abort()
      expect(await readState(slept)).toBe('Aborted while waiting')
      expect(vi.getTimerCount()).toBe(0)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    },
  )
})

describe('withTimeLimit', () => {
  useFakeTimers()

  test('gives a value that is not a promise immediately, without a timer', async () => {
    for (const value of [7, null]) {
      const result = withTimeLimit(() => value, 50, 'The work')
      expect(vi.getTimerCount()).toBe(0)
      await expect(result).resolves.toBe(value)
    }
  })

  test('gives the result in time, and leaves no timer', async () => {
    const onLate = vi.fn()
    const result = withTimeLimit(() => Promise.resolve(7), 50, 'The work', onLate)
    expect(vi.getTimerCount()).toBe(1)
    await expect(result).resolves.toBe(7)
    expect(vi.getTimerCount()).toBe(0)
    expect(onLate).not.toHaveBeenCalled()
  })

  test.each([true, false])('fails at the limit, with something to stop: %s', async (stops) => {
    const onLate = vi.fn()
    const result = withTimeLimit(() => new Promise(() => {}), 50, 'The work', stops ? onLate : undefined)
    result.catch(() => {})
    await vi.advanceTimersByTimeAsync(49)
    expect(await readState(result)).toBe('pending')
    await vi.advanceTimersByTimeAsync(1)
    expect(await readState(result)).toBe('The work took longer than 50 ms')
    expect(onLate).toHaveBeenCalledTimes(stops ? 1 : 0)
  })
})

test('unref lets the process exit, and returns the timer of any runtime', () => {
  const timer = setTimeout(() => {}, 50)
  expect(unref(timer)).toBe(timer)
  expect(timer.hasRef()).toBe(false)
  clearTimeout(timer)
  for (const other of [7, {}]) expect(unref(other)).toBe(other)
})

describe('a rate limit', () => {
  /** A clock that the test sets, and a limit of two turns a second. */
  function create(burst?: number) {
    const clock = { time: 1000 }
    return { clock, limit: createRateLimit(2, () => clock.time, burst) }
  }

  test('gives the turns of one second at once, and then one each half second', () => {
    const { clock, limit } = create()
    expect([limit.take(0), limit.take(0), limit.take(0)]).toEqual([0, 0, undefined])
    clock.time += 499
    expect(limit.take(0)).toBeUndefined()
    clock.time += 1
    expect([limit.take(0), limit.take(0)]).toEqual([0, undefined])
  })

  test('keeps no more turns than the burst, however long nothing happens', () => {
    const { clock, limit } = create(3)
    clock.time += 60_000
    expect([1, 2, 3, 4].map(() => limit.take(0))).toEqual([0, 0, 0, undefined])
  })

  test('gives turns in advance up to the longest wait, and takes none beyond it', () => {
    const { clock, limit } = create(1)
    expect([limit.take(1000), limit.take(1000), limit.take(1000)]).toEqual([0, 500, 1000])
    expect([limit.take(1499), limit.take(1499)]).toEqual([undefined, undefined])
    expect(limit.take(1500)).toBe(1500)
    clock.time += 2500
    expect(limit.take(0)).toBe(0)
  })

  test('a clock that goes back costs no turns', () => {
    const { clock, limit } = create()
    clock.time -= 10_000
    expect([limit.take(0), limit.take(0), limit.take(0)]).toEqual([0, 0, undefined])
    clock.time += 500
    expect(limit.take(0)).toBe(0)
  })

  test('takes turns back, but keeps no more than the burst', () => {
    const { limit } = create(2)
    expect([limit.take(500), limit.take(500), limit.take(500)]).toEqual([0, 0, 500])
    limit.give(2)
    expect([limit.take(0), limit.take(0)]).toEqual([0, undefined])
    limit.give(10)
    expect([limit.take(0), limit.take(0), limit.take(0)]).toEqual([0, 0, undefined])
  })

  const step = fc.record({ pauseMs: fc.integer({ min: 0, max: 3000 }), takes: fc.integer({ min: 0, max: 50 }) })
  testProperty(
    'allows at most its rate and the turns of one more second, in any pattern',
    100,
    [fc.integer({ min: 1, max: 30 }), fc.array(step)],
    (perSecond, steps) => {
      let time = 0
      let taken = 0
      const limit = createRateLimit(perSecond, () => time)
      for (const { pauseMs, takes } of steps) {
        time += pauseMs
        for (let take = 0; take < takes; take++) if (limit.take(0) !== undefined) taken++
        expect(taken).toBeLessThanOrEqual(perSecond + (time * perSecond) / 1000 + 1e-6)
      }
    },
  )
})
