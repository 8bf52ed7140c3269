/** Limits how often something happens. */
export interface RateLimit {
  /**
   * Takes a turn.
   * @returns the milliseconds to wait for it; `undefined`, and no turn, if that is more than
   *   `longestWaitMs`
   */
  take(longestWaitMs: number): number | undefined
}

/**
 * Creates a token bucket that starts with the turns of one second. Turns can be taken in advance,
 * which spreads out a burst.
 */
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
