/** A Redis server. It runs until `stop` is called or this process ends. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Ends the server at once, like a crash. */
  kill(): Promise<void>
  /** Ends the server and starts it again on the same port, without data. */
  restart(): Promise<void>
  /** Lets the server stand still, as a virtual machine that is paused. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/**
 * Starts a Redis server on a free port of 127.0.0.1. It keeps nothing on disk.
 * @param more Settings. `sentinel` is the configuration file of a sentinel.
 * @throws Error if there is no Redis
 */
export function startRedis(more?: Readonly<Record<string, string | number>>): Promise<RedisServer>
