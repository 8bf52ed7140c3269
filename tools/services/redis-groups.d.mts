import type { RedisServer } from './redis.d.mts'

/** Several Redis servers that replicate. */
export interface RedisGroup {
  /** The port of the sentinel, or of one node of the cluster. */
  readonly port: number
  /** The servers with the data. */
  readonly servers: readonly RedisServer[]
  findPrimary(): Promise<RedisServer>
  /**
   * Promotes a replica as soon as one is ready. `kill` does so without the consent of the primary,
   * which crashes under a sentinel and comes back without data.
   */
  failOver(how: 'ask' | 'kill'): Promise<void>
  stop(): Promise<void>
}

/** Starts a primary, its replica and a sentinel with the name `main`. */
export function startSentinel(): Promise<RedisGroup>

/** Starts a cluster of three primaries with one replica each. */
export function startCluster(): Promise<RedisGroup>
