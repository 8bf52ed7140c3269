/**
 * A bounded store in two segments. Each is a Map, whose insertion order is the order of eviction.
 * Entries that never verified are on probation and are evicted first, the oldest first. Entries
 * that verified are trusted. Only other trusted entries can evict them, the least recently
 * verified first. Reading moves nothing: anyone can name an account, and must not keep it by that.
 */
interface Segments<V> {
  get(key: string): V | undefined
  /** Replaces a value in its segment, or adds a new one on probation. */
  put(key: string, value: V): void
  /** Trusts an entry, or marks a trusted one as the most recent. */
  promote(key: string): void
  isTrusted(key: string): boolean
}

/**
 * Creates a store.
 * @param maxEntries The limit of both segments together, at least 10. A tenth is kept for
 *   probation: without it, a new account would be evicted before it could verify, at each of its
 *   requests.
 */
export function createSegments<V>(maxEntries: number): Segments<V> {
  const probation = new Map<string, V>()
  const trusted = new Map<string, V>()
  const maxTrusted = maxEntries - Math.ceil(maxEntries / 10)
  const get = (key: string): V | undefined => trusted.get(key) ?? probation.get(key)

  function put(key: string, value: V): void {
    if (trusted.has(key)) {
      trusted.set(key, value)
      return
    }
    probation.set(key, value)
    const [oldest] = probation.keys()
    if (oldest !== undefined && probation.size + trusted.size > maxEntries) probation.delete(oldest)
  }

  function promote(key: string): void {
    const value = get(key)
    if (value === undefined) return
    probation.delete(key)
    trusted.delete(key)
    trusted.set(key, value)
    const [oldest] = trusted
    if (oldest === undefined || trusted.size <= maxTrusted) return
    trusted.delete(oldest[0])
    put(...oldest)
  }

  return { get, put, promote, isTrusted: (key) => trusted.has(key) }
}
