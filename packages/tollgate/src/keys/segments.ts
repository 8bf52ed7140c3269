/**
 * A bounded store in two segments, each a Map, whose insertion order is the order of eviction. What was never verified is on
 * probation and leaves first, the oldest first. What was verified is protected and leaves only for others of its kind, the least recently
 * verified first. Reading moves nothing: anyone can name an account, and so must not keep it or push others out.
 */
export interface Segments<V> {
  get(key: string): V | undefined
  /** Adds or replaces a value, which stays in its segment; a new one is on probation. */
  put(key: string, value: V): void
  /** To protected; there, to the safe end. */
  promote(key: string): void
  /** Back on probation. */
  demote(key: string): void
  readonly size: number
}

export function createSegments<V>(maxEntries: number): Segments<V> {
  const probation = new Map<string, V>()
  const trusted = new Map<string, V>()
  // Were all the space protected, a new account would be evicted before it could verify, at every request anew.
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
