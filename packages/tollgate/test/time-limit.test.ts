import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sleep, withTimeLimit } from '../src/checks/time-limit.ts'

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

  test('gives a value that is no promise at once, without a timer', async () => {
    await expect(withTimeLimit(() => 7, 50, 'The work')).resolves.toBe(7)
    await expect(withTimeLimit(() => null, 50, 'The work')).resolves.toBe(null)
    expect(vi.getTimerCount()).toBe(0)
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
