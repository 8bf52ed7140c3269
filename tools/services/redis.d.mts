/** A Redis server that runs until it is stopped, or until this process ends. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Starts it anew on the same port, empty. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Rejects, saying how to get a server, where there is none and none can be installed. */
export function startRedis(): Promise<RedisServer>
