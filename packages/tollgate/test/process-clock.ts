import { onTestFinished, vi } from 'vitest'

// What limits the lines of refusals belongs to the process, which several test files share. So they
// share one clock too, which only goes forward.
let now = performance.now()

/** Stops the clock until the test ends, after a time in which every limit has recovered. */
export function stopClock(): void {
  now += 10_000_000
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => spy.mockRestore())
}

/** Moves the stopped clock forward. */
export function passTime(ms: number): void {
  now += ms
}
