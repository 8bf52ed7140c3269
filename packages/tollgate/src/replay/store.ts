import type { Awaitable } from '../checks/time-limit.ts'

/** One attempt to reserve a delivery. */
export interface ReservationAttempt {
  /** How long the delivery is remembered, in milliseconds. */
  readonly ttlMs: number
  /** New for each attempt, without spaces. `release` needs it. */
  readonly token: string
  /** The kind of webhook, `'message.inbound'` for instance, or `'unknown'`. Kept, and returned to later attempts. */
  readonly kind: string
}

/**
 * `'reserved'`: the delivery is new. `{ seen }`: it was reserved before, and `seen` is the kind that was kept then. `'full'`: there
 * is no room to remember it.
 */
export type ReserveOutcome = 'reserved' | { readonly seen: string } | 'full'

/** Where a replay guard remembers deliveries. */
export interface ReplayStore {
  /**
   * Reserves a key and keeps token and kind with it, in one step: of any number of attempts at the same moment, one is `'reserved'`.
   * @param key 64 lower-case hex digits, a hash that reveals nothing of the delivery.
   */
  reserve(key: string, attempt: ReservationAttempt): Awaitable<ReserveOutcome>
  /** Forgets a reservation, if it is still the one that was made with this token. */
  release(key: string, token: string): Awaitable<void>
}
