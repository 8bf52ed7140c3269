import type { GatewayOptions } from './options.ts'
import { createPeers, type Peers } from './peers.ts'
import { type PreparedRoute, prepareRoutes } from './routes.ts'
import type { Upstream, Upstreams } from './upstreams.ts'

/** What one set of options came to. Requests keep the one they began with. */
export interface Generation {
  find(host: string, target: string): OpenRoute | 'ambiguous' | undefined
  readonly peers: Peers
  readonly timeoutMs: number
  readonly onExchange: GatewayOptions['onExchange']
  readonly captureBytes: number
  /** To be called once no new request can begin with it. */
  retire(): void
}

export interface OpenRoute extends PreparedRoute {
  readonly pool: Upstream
}

export const defaultTimeoutMs = 14_000

/** Throws a TypeError or RangeError, naming the option, and then has opened nothing. */
export function createGeneration(options: GatewayOptions, upstreams: Upstreams): Generation {
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
