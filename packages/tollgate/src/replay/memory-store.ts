import { checkKnownOptions, checkMethods, parseInteger } from '../checks/options.ts'
import type { ReplayStore } from './store.ts'

export interface MemoryStoreOptions {
  /** How many deliveries it remembers at most, 1 to 10,000,000. Default 100,000. */
  readonly maxEntries?: number | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

const known: Readonly<Record<keyof MemoryStoreOptions, true>> = { maxEntries: true, now: true }

interface Entry {
  readonly token: string
  readonly kind: string
  readonly expiresAt: number
}

/** Looking through all entries is worth it only so often, however many deliveries find the store full. */
const sweepIntervalMs = 1000

/**
 * Remembers deliveries in this process. When it is full it never forgets what it still has to remember, since a flood could then
 * make room for a replay: new deliveries are `replayed: 'unknown'` until entries expire.
 * @throws TypeError or RangeError, naming the option, when one is unknown or out of range.
 */
export function memoryStore(options: MemoryStoreOptions = {}): ReplayStore {
  checkKnownOptions(options, known, 'memoryStore')
  const maxEntries = parseInteger(options.maxEntries, 'maxEntries', 1, 10_000_000) ?? 100_000
  if (options.now !== undefined) checkMethods({ now: options.now }, 'memoryStore', ['now'])
  const now = options.now ?? Date.now
  const entries = new Map<string, Entry>()
  let sweptAt = Number.NEGATIVE_INFINITY

  function hasRoom(time: number): boolean {
    // A clock that was set back must not put sweeping off.
    if (entries.size >= maxEntries && Math.abs(time - sweptAt) >= sweepIntervalMs) {
      for (const [key, { expiresAt }] of entries) if (expiresAt <= time) entries.delete(key)
      sweptAt = time
    }
    return entries.size < maxEntries
  }

  return {
    reserve(key, { ttlMs, token, kind }) {
      const time = now()
      const entry = entries.get(key)
      if (entry !== undefined && entry.expiresAt > time) return { seen: entry.kind }
      if (entry === undefined && !hasRoom(time)) return 'full'
      entries.set(key, { token, kind, expiresAt: time + ttlMs })
      return 'reserved'
    },
    release(key, token) {
      if (entries.get(key)?.token === token) entries.delete(key)
    },
  }
}
