/** A reverse proxy that runs until it is stopped, or until this process ends. */
export interface RunningProxy {
  readonly version: string
  readonly pid?: number | undefined
  stop(): Promise<void>
}

/** Starts it with the sites of a configuration, which listen on these ports. Rejects with what it says where it does not start. */
export type StartProxy = (sites: string, ports: readonly number[]) => Promise<RunningProxy>
