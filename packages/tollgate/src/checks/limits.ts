/** A value, or a promise of one. */
export type Awaitable<T> = T | PromiseLike<T>

/** Not `'then' in`, which is much slower. */
export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return Object(value).then !== undefined
}

/** Work took longer than its limit. */
export class TimeLimitError extends Error {}

/**
 * Waits for the result of work, for at most `limitMs`.
 * @param work Starts the work.
 * @param limitMs The limit in milliseconds.
 * @param what Names the work in the error, for example `The key look-up`.
 * @param onLate Called at the limit, to stop the work.
 * @throws TimeLimitError at the limit, or the error of the work if it fails before. A later result or error
 *   of the work is ignored.
 */
export async function withTimeLimit<T>(
  work: () => Awaitable<T>,
  limitMs: number,
  what: string,
  onLate?: () => void,
): Promise<T> {
  const result = work()
  if (!isPromise(result)) return result
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new TimeLimitError(`${what} took longer than ${limitMs} ms`))
      onLate?.()
    }, limitMs)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits `ms` milliseconds. Rejects as soon as the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(new Error('Aborted while waiting'))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** Lets the process exit while the timer runs. Some runtimes give a number, and need no call. */
export function unref<T extends { unref?(): unknown } | number>(timer: T): T {
  ;(timer as { unref?(): unknown }).unref?.()
  return timer
}

/** Limits how often something happens. */
interface RateLimit {
  /**
   * Takes a turn.
   * @returns the milliseconds to wait for it; `undefined`, and no turn, if that is more than
   *   `longestWaitMs`
   */
  take(longestWaitMs: number): number | undefined
  /** Adds turns, up to the size of the bucket. */
  give(turns: number): void
}

/**
 * Creates a token bucket, which is full at the start. Turns can be taken in advance, which spreads
 * out a burst.
 * @param now A clock in milliseconds.
 * @param burst How many turns the bucket holds. Default: those of one second.
 */
export function createRateLimit(perSecond: number, now: () => number, burst: number = perSecond): RateLimit {
  let turns = burst
  let countedAt = now()
  return {
    take(longestWaitMs) {
      const time = now()
      turns = Math.min(burst, turns + (Math.max(0, time - countedAt) * perSecond) / 1000)
      countedAt = time
      const waitMs = Math.max(0, ((1 - turns) * 1000) / perSecond)
      if (waitMs > longestWaitMs) return undefined
      turns -= 1
      return waitMs
    },
    give(more) {
      turns = Math.min(burst, turns + more)
    },
  }
}
