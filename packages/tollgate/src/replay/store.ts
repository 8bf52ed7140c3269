import type { Awaitable } from '../checks/limits.ts'

/** One attempt to reserve a delivery. */
export interface ReservationAttempt {
  /** How long the delivery is remembered, in milliseconds. */
  readonly ttlMs: number
  /** New for each attempt, without spaces. `release` needs it. */
  readonly token: string
  /**
   * The kind of webhook, for example `'message.inbound'`, or `'unknown'`. The store keeps it and
   * returns it to later attempts.
   */
  readonly kind: string
}

/**
 * The answer of a store. `'reserved'`: the delivery is new. `{ seen }`: it was reserved before, and
 * `seen` is the kind that was kept then. `'full'`: the store has no space to remember it.
 */
export type ReserveOutcome = 'reserved' | { readonly seen: string } | 'full'

/**
 * A store where a replay guard remembers deliveries. If it throws, the option `onStoreFailure`
 * decides.
 */
export interface ReplayStore {
  /**
   * Reserves a key, and keeps the token and the kind with it. This must be one atomic step: of
   * several attempts at the same time, only one is `'reserved'`.
   * @param key 64 lower-case hex digits: a hash that reveals nothing about the delivery.
   */
  reserve(key: string, attempt: ReservationAttempt): Awaitable<ReserveOutcome>
  /** Forgets a reservation, but only if it was made with this token. */
  release(key: string, token: string): Awaitable<void>
}
