import type { Awaitable } from '../interfaces.ts'

/** `'claimed'`: nobody had it. `'seen'`: somebody has it. `'full'`: there is no room to remember it. */
export type ClaimOutcome = 'claimed' | 'seen' | 'full'

/** Where a replay guard remembers deliveries. */
export interface ReplayStore {
  /**
   * Claims a key for so long, in one step: of any number of claims at the same moment, one is `'claimed'`.
   * @param key 64 lower-case hex digits. Tells nothing of the delivery.
   * @param token Whose claim it is; `release` needs it.
   */
  claim(key: string, ttlMs: number, token: string): Awaitable<ClaimOutcome>
  /** Forgets a claim, if it is still the one that was made with this token. */
  release(key: string, token: string): Awaitable<void>
}
