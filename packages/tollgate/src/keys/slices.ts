/**
 * Work that can pause between its steps. Each step yields the number of bytes that it handled, or
 * that would have taken as long.
 */
export type Steps<T> = Generator<number, T, void>

/** The bytes between two pauses: about 300 accounts with two tokens, a few milliseconds. */
export const sliceBytes: number = 32 * 1024

/** Does all work without a pause. */
export function runAtOnce<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/**
 * Does the work in slices, so that requests are answered in between.
 * @param pause resolves when the next slice may begin
 */
export async function runInSlices<T>(steps: Steps<T>, pause: () => Promise<void>): Promise<T> {
  let bytes = 0
  let step = steps.next()
  for (; !step.done; step = steps.next()) {
    bytes += step.value
    if (bytes < sliceBytes) continue
    bytes = 0
    await pause()
  }
  return step.value
}
