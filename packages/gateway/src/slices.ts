/**
 * Work that can pause between its steps, so that thousands of routes stop no request. Each step
 * yields its cost, as a number of routes.
 */
export type Steps<T> = Generator<number, T, void>

/** The cost between two pauses: a few milliseconds. After a step of this cost, a pause follows. */
export const wholeSlice = 50

/** Does all work without a pause. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
}

/** Does the work in slices. Requests are handled in between. */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  for (let cost = 0; ; ) {
    const step = steps.next()
    if (step.done) return step.value
    cost += step.value
    if (cost < wholeSlice) continue
    cost = 0
    await new Promise(setImmediate)
  }
}
