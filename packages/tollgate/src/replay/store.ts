import type { Awaitable } from '../checks/limits.ts'

/** One attempt to reserve a delivery. */
export interface ReservationAttempt {
  /** How long the reservation is pending, in milliseconds, unless it is confirmed or released. */
  readonly leaseMs: number
  /** New for each attempt, without spaces. `confirm` and `release` need it. */
  readonly token: string
  /** The kind of webhook, for example `'message.inbound'`, or `'unknown'`. */
  readonly kind: string
  /**
   * True if the parameters are not those of a known kind. They may be those of another delivery,
   * cut at other places, which does not change what was signed.
   */
  readonly isDoubtful: boolean
}

/** A reservation whose work has succeeded. */
export interface Confirmation extends Omit<ReservationAttempt, 'leaseMs'> {
  /** How long the delivery is remembered, in milliseconds. */
  readonly ttlMs: number
}

/**
 * The answer of a store. `'reserved'`: the delivery is new. `'pending'`: another attempt has
 * reserved it and is not confirmed. `{ seen }`: it was confirmed before, and `seen` is the kind
 * that was kept then. `'full'`: the store has no space to remember it.
 */
export type ReserveOutcome = 'reserved' | 'pending' | { readonly seen: string } | 'full'

/**
 * A store where a replay guard remembers deliveries. A key is free, pending or confirmed. Each
 * method must be one atomic step. If one throws, the option `whenStoreFails` decides.
 */
export interface ReplayStore {
  /**
   * Reserves a key if it is free, and keeps what the attempt says with it. It is free again when
   * the lease has ended. A key of a doubtful attempt, pending or confirmed, counts as free for one
   * that is not doubtful: the genuine delivery was cut at other places and sent first.
   * @param key 64 lower-case hex digits: a hash that reveals nothing about the delivery.
   * @param attempt The lease, the token and what is kept with the key.
   */
  reserve(key: string, attempt: ReservationAttempt): Awaitable<ReserveOutcome>
  /**
   * Makes a key confirmed if this token has reserved it, or if it is free in the sense of
   * `reserve`. Otherwise the lease has ended and another attempt has the key: then this changes
   * nothing.
   * @param key The key of `reserve`.
   * @param confirmation The token of the attempt, and how long to remember the delivery.
   */
  confirm(key: string, confirmation: Confirmation): Awaitable<void>
  /**
   * Frees a key, pending or confirmed, but only if it was reserved with this token.
   * @param key The key of `reserve`.
   * @param token The token of the attempt.
   */
  release(key: string, token: string): Awaitable<void>
}
