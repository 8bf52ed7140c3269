/** Programs that share one listening socket of 127.0.0.1. They run until `stop` is called. */
export interface Instances {
  readonly port: number
  /** Returns what all of them have written so far. */
  read(): string
  /** Returns the process that an instance, from 1, is now. */
  getPid(instance: number): number
  /** Ends all of them at once, and the socket. */
  stop(): Promise<void>
}

/**
 * Starts programs that share one listening socket, as systemd does. One that ends is started again.
 * Each gets its number from 1 as the variable INSTANCE.
 * @throws Error if they do not start
 */
export function startInstances(
  count: number,
  program: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Instances>
