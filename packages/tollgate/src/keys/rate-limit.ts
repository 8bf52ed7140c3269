export interface RateLimit {
  /** Takes a turn: how many milliseconds to wait for it, or `undefined` when that would be more than `longestWaitMs`. */
  take(longestWaitMs: number): number | undefined
}

/** A token bucket that starts with one second's worth. Turns may be taken in advance and waited for, so that a burst is spread out. */
export function createRateLimit(perSecond: number, now: () => number): RateLimit {
  if (perSecond === Number.POSITIVE_INFINITY) return { take: () => 0 }
  let turns = perSecond
  let countedAt = now()
  return {
    take(longestWaitMs) {
      const time = now()
      turns = Math.min(perSecond, turns + (Math.max(0, time - countedAt) * perSecond) / 1000)
      countedAt = time
      const waitMs = turns >= 1 ? 0 : ((1 - turns) * 1000) / perSecond
      if (waitMs > longestWaitMs) return undefined
      turns -= 1
      return waitMs
    },
  }
}
