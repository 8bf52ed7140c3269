import type { Awaitable } from '../interfaces.ts'

/** The result within its time, in milliseconds; an Error after it. What is not awaited is given as it is. */
export async function withTimeLimit<T>(work: Awaitable<T>, limitMs: number): Promise<T> {
  if (!isPromise(work)) return work
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The replay store took longer than ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function isPromise<T>(work: Awaitable<T>): work is PromiseLike<T> {
  return typeof work === 'object' && work !== null && 'then' in work && typeof work.then === 'function'
}
