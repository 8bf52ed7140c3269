import { readOptions } from '../checks/options.ts'
import type { ReplayStore } from './store.ts'

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /** How many deliveries are remembered, an integer from 1 to 10,000,000. Default 100,000. */
  readonly maxEntries?: number | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options of `memoryStore`. */
export const memoryStoreOptions = {
  maxEntries: { type: 'integer', least: 1, most: 10_000_000, default: 100_000 },
  now: { type: 'function' },
} as const

interface Entry {
  readonly token: string
  readonly kind: string
  readonly isDoubtful: boolean
  readonly isConfirmed: boolean
  readonly expiresAt: number
}

// A search through all entries is expensive, and a flood of deliveries may find the store full.
const sweepIntervalMs = 1000

/**
 * Creates a store in the memory of this process. A full store keeps its entries until they expire,
 * because a flood of deliveries could otherwise make room for a replay. New deliveries are then
 * `delivery: 'unknown'`.
 * @returns a store for `replayGuard`
 * @throws TypeError or RangeError that names the option, if one is unknown or out of range.
 */
export function memoryStore(given: MemoryStoreOptions = {}): ReplayStore {
  const { maxEntries, now = Date.now } = readOptions(given, memoryStoreOptions, 'memoryStore')
  const entries = new Map<string, Entry>()
  let sweptAt = Number.NEGATIVE_INFINITY

  function hasRoom(time: number): boolean {
    // The absolute value, because a clock that was set back must not stop the search.
    // Stryker disable next-line ConditionalExpression: expired entries may be deleted before there is need
    if (entries.size >= maxEntries && Math.abs(time - sweptAt) >= sweepIntervalMs) {
      for (const [key, { expiresAt }] of entries) if (expiresAt <= time) entries.delete(key)
      sweptAt = time
    }
    return entries.size < maxEntries
  }

  /** Returns the entry that has the key, unless the attempt may take it. */
  function findHolder(key: string, isDoubtful: boolean, time: number): Entry | undefined {
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt <= time) return undefined
    return entry.isDoubtful && !isDoubtful ? undefined : entry
  }

  return {
    reserve(key, { leaseMs, token, kind, isDoubtful }) {
      const time = now()
      const holder = findHolder(key, isDoubtful, time)
      if (holder !== undefined) return holder.isConfirmed ? { seen: holder.kind } : 'pending'
      if (!entries.has(key) && !hasRoom(time)) return 'full'
      entries.set(key, { token, kind, isDoubtful, isConfirmed: false, expiresAt: time + leaseMs })
      return 'reserved'
    },
    confirm(key, { ttlMs, token, kind, isDoubtful }) {
      const time = now()
      const holder = findHolder(key, isDoubtful, time)
      if (holder !== undefined && holder.token !== token) return
      if (entries.has(key) || hasRoom(time))
        entries.set(key, { token, kind, isDoubtful, isConfirmed: true, expiresAt: time + ttlMs })
    },
    release(key, token) {
      if (entries.get(key)?.token === token) entries.delete(key)
    },
  }
}
