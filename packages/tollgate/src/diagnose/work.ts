/**
 * What one diagnosis may cost. HMACs are counted by `maxTries`; everything else is counted here, in units of one character that
 * is read once: a flood of requests that nothing explains must not stall the server that explains them.
 */
export interface Work {
  /** Counts work that is about to be done. */
  spend(units: number): void
  /** Whether so large a share of the budget (1 is all of it) has been spent. */
  isSpent(share?: number): boolean
  /** Whether so many units are left. */
  affords(units: number): boolean
  /** Whether the event loop has waited long enough. */
  isDue(): boolean
  /** Lets the event loop run. */
  pause(): Promise<void>
}

/** Per HMAC of `maxTries`, but for at least as many as an ordinary request needs. */
const unitsPerTry = 2500
const fewestTries = 20_000

/** Some 5 ms. */
const unitsPerTurn = 1_000_000

export function createWork(maxTries: number): Work {
  const total = unitsPerTry * Math.max(maxTries, fewestTries)
  let spent = 0
  let turnStart = 0
  return {
    spend(units) {
      spent += units
    },
    isSpent: (share = 1) => spent >= share * total,
    affords: (units) => spent + units <= total,
    isDue: () => spent - turnStart >= unitsPerTurn,
    async pause() {
      turnStart = spent
      // Every runtime has this one: unlike a promise, it lets other requests be served.
      await new Promise((resolve) => setTimeout(resolve, 0))
    },
  }
}
