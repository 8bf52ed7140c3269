import { unref } from '../checks/limits.ts'

/** Limits how many look-ups run at the same time. */
export interface Turns {
  /**
   * Waits for a turn.
   * @returns ends the turn
   * @throws Error as soon as the signal aborts.
   */
  take(signal: AbortSignal): Promise<() => void>
  /**
   * Starts no look-up for `ms` milliseconds, at most 30,000, and fewer at the same time afterwards.
   */
  slowDown(ms: number): void
}

const longestPauseMs = 30_000

/**
 * Creates turns whose number follows the source. It halves when the source is too busy. Afterwards,
 * it grows by one in each round of answers.
 * @param most How many turns there are at the start, and at most.
 */
export function createTurns(most: number): Turns {
  const waiting = new Set<() => void>()
  let limit = most
  let taken = 0
  let pauses = 0

  function startNext(): void {
    for (const start of waiting) {
      if (pauses > 0 || taken >= limit) return
      waiting.delete(start)
      taken += 1
      start()
    }
  }

  function leave(): void {
    taken -= 1
    limit = Math.min(most, limit + 1 / limit)
    startNext()
  }

  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          waiting.delete(start)
          reject(new Error('Aborted while waiting'))
        }
        const start = (): void => {
          signal.removeEventListener('abort', stop)
          resolve(leave)
        }
        signal.addEventListener('abort', stop, { once: true })
        waiting.add(start)
        startNext()
      })
    },
    slowDown(ms) {
      // Requests that ran at the same time are refused for the same reason.
      if (pauses === 0) limit = Math.max(1, limit / 2)
      pauses += 1
      const end = (): void => {
        pauses -= 1
        startNext()
      }
      unref(setTimeout(end, Math.min(ms, longestPauseMs)))
    },
  }
}
