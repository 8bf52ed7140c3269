/** A value, or a promise of one. */
export type Awaitable<T> = T | PromiseLike<T>

/**
 * Starts work and waits for its result, for at most `limitMs`.
 * @param start Gets a signal that aborts at the limit, so that the work can stop.
 * @param limitMs The limit in milliseconds.
 * @param what Names the work in the error, for example `The key look-up`.
 * @throws Error at the limit, and before it what the work throws. What the work does later is ignored.
 */
export async function withTimeLimit<T>(
  start: (signal: AbortSignal) => Awaitable<T>,
  limitMs: number,
  what: string,
): Promise<T> {
  const controller = new AbortController()
  const work = start(controller.signal)
  if (typeof work !== 'object' || work === null || !('then' in work)) return work
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new Error(`${what} took longer than ${limitMs} ms`))
      controller.abort()
    }, limitMs)
  })
  try {
    return await Promise.race([work, late])
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
