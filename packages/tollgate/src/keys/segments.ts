/**
 * A bounded store in two segments. Each is a Map, whose insertion order is the order of eviction.
 * Entries that never verified are on probation and are evicted first, the oldest first. Entries
 * that verified are protected. Only other protected entries can evict them, the least recently
 * verified first. Reading moves nothing: anyone can name an account, and must not keep it by that.
 */
interface Segments<V> {
  get(key: string): V | undefined
  /** Replaces a value in its segment, or adds a new one on probation. */
  put(key: string, value: V): void
  /** Protects an entry, or marks a protected one as the most recent. */
  promote(key: string): void
  /** Puts an entry back on probation. */
  demote(key: string): void
  readonly size: number
}

/**
 * Creates a store.
 * @param maxEntries The limit of both segments together, at least 10. A tenth is kept for
 *   probation.
 */
export function createSegments<V>(maxEntries: number): Segments<V> {
  const probation = new Map<string, V>()
  const trusted = new Map<string, V>()
  // Without space for probation, a new account would be evicted before it could verify, at each of
  // its requests.
  const maxTrusted = maxEntries - Math.ceil(maxEntries / 10)

  function put(key: string, value: V): void {
    if (trusted.has(key)) {
      trusted.set(key, value)
      return
    }
    probation.set(key, value)
    if (probation.size + trusted.size > maxEntries) deleteOldest(probation)
  }

  function demote(key: string): void {
    const value = trusted.get(key)
    if (value === undefined) return
    trusted.delete(key)
    put(key, value)
  }

  function promote(key: string): void {
    const value = trusted.get(key) ?? probation.get(key)
    if (value === undefined) return
    probation.delete(key)
    trusted.delete(key)
    trusted.set(key, value)
    if (trusted.size <= maxTrusted) return
    const [oldest] = trusted.keys()
    if (oldest !== undefined) demote(oldest)
  }

  return {
    get: (key) => trusted.get(key) ?? probation.get(key),
    put,
    promote,
    demote,
    get size() {
      return probation.size + trusted.size
    },
  }
}

function deleteOldest<V>(segment: Map<string, V>): void {
  const [oldest] = segment.keys()
  if (oldest !== undefined) segment.delete(oldest)
}
