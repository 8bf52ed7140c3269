import { Pool } from './upstream/pool.ts'

/** A keep-alive pool to one upstream, counted by those who hold it. */
export interface Upstream {
  readonly pool: Pool
  hold(): void
  release(): void
}

/** Pools by their origin, so that a reload keeps the connections of upstreams that stay. */
export interface Upstreams {
  open(origin: string): Upstream
  /** Resolves when all that were released are closed. */
  settled(): Promise<void>
}

export function createUpstreams(connectTimeoutMs: number): Upstreams {
  const open = new Map<string, Upstream>()
  const closing = new Set<Promise<void>>()

  function create(origin: string): Upstream {
    const pool = new Pool(origin, connectTimeoutMs)
    let holders = 0
    const upstream: Upstream = {
      pool,
      hold() {
        holders++
      },
      release() {
        holders--
        if (holders > 0) return
        open.delete(origin)
        const closed: Promise<void> = pool.close().finally(() => closing.delete(closed))
        closing.add(closed)
      },
    }
    return upstream
  }

  return {
    open(origin) {
      const known = open.get(origin) ?? create(origin)
      open.set(origin, known)
      known.hold()
      return known
    },
    async settled() {
      await Promise.all(closing)
    },
  }
}
