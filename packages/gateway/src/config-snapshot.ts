import type { GatewayOptions } from './options.ts'
import { createPeers, type Peers } from './peers.ts'
import { type PreparedRoute, prepareRoutes } from './routes.ts'
import type { Upstream, Upstreams } from './upstreams.ts'

/** One version of the options, ready to use. A request keeps the version that it began with. */
export interface ConfigSnapshot {
  find(host: string, target: string): OpenRoute | 'ambiguous' | undefined
  readonly peers: Peers
  readonly timeoutMs: number
  readonly onExchange: GatewayOptions['onExchange']
  readonly captureBytes: number
  /** Call it when no new request can begin with this version. */
  retire(): void
}

export interface OpenRoute extends PreparedRoute {
  readonly pool: Upstream
}

export const defaultTimeoutMs = 14_000

/** Throws a TypeError or RangeError that names the option, and opens nothing in that case. */
export function createConfigSnapshot(options: GatewayOptions, upstreams: Upstreams): ConfigSnapshot {
  const table = prepareRoutes(options.routes)
  const peers = createPeers(options.limits)
  const open = new Map<PreparedRoute, OpenRoute>(
    table.routes.map((route) => [route, { ...route, pool: upstreams.open(route.upstream) }]),
  )
  return {
    find(host, target) {
      const route = table.find(host, target)
      return typeof route === 'object' ? open.get(route) : route
    },
    peers,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    onExchange: options.onExchange,
    captureBytes: options.captureBytes ?? 1024 * 1024,
    retire() {
      for (const { pool } of open.values()) pool.release()
    },
  }
}
