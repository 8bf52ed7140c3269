/** A Redis server. It runs until `stop` is called or this process ends. */
interface RedisServer {
  readonly port: number
  readonly url: string
  /** Ends the server at once, like a crash. */
  kill(): Promise<void>
  /** Ends the server and starts it again on the same port, without data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a Redis server on a free port of 127.0.0.1. It keeps nothing on disk.
 * @throws Error if there is no Redis
 */
export function startRedis(): Promise<RedisServer>
