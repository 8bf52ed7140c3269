import type { Awaitable } from '../interfaces.ts'

/**
 * Waits `waitMs`, then calls `ask`.
 * @param timeoutMs The limit for both together. Then the signal aborts, so that `ask` can stop; its
 *   result is ignored.
 * @throws Error after the limit, and what `ask` throws before it.
 */
export async function askInTime<T>(
  ask: (signal: AbortSignal) => Awaitable<T>,
  { waitMs, timeoutMs }: { readonly waitMs: number; readonly timeoutMs: number },
): Promise<T> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`The key look-up took more than ${timeoutMs} ms`))
      controller.abort()
    }, timeoutMs)
  })
  const inTurn = async (): Promise<T> => {
    if (waitMs > 0) await sleep(waitMs, controller.signal)
    return ask(controller.signal)
  }
  try {
    return await Promise.race([inTurn(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits, and rejects as soon as the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(new Error('The time for the key look-up is over'))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
