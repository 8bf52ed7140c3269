/** A reverse proxy. It runs until `stop` is called or this process ends. */
export interface RunningProxy {
  readonly version: string
  readonly pid?: number | undefined
  stop(): Promise<void>
}

/**
 * Starts a proxy.
 *
 * @param sites the part of its configuration that defines the sites
 * @param ports the ports of 127.0.0.1 that the sites listen on
 * @throws Error with the proxy's output if it does not start
 */
export type StartProxy = (sites: string, ports: readonly number[]) => Promise<RunningProxy>

export const startApache: StartProxy
export const startCaddy: StartProxy
export const startHaproxy: StartProxy
export const startNginx: StartProxy
