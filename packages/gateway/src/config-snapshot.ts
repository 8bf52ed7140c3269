import type { ReplayGuard } from 'tollgate'
import { type AuthSettings, prepareForwardAuth } from './forward-auth.ts'
import { type GatewayOptions, gatewayOptions } from './options.ts'
import { createPeers, type Peers } from './peers.ts'
import { type PreparedRoute, prepareRoutes } from './routes.ts'
import type { Steps } from './slices.ts'
import type { Pool, Upstreams } from './upstream/pool.ts'

/** One version of the options, ready to use. A request keeps the version with which it began. */
export interface ConfigSnapshot {
  /** The mark that the gateway adds to what it forwards, to recognise it if it comes back. */
  readonly hop: string
  /**
   * Returns the route of a request. `'ambiguous'`: servers could read its path as different routes.
   */
  find(host: string, target: string): OpenRoute | 'ambiguous' | undefined
  /** Set if the gateway has forward-auth. */
  readonly auth: AuthSettings | undefined
  /** The replay guards of the routes and of forward-auth. */
  readonly guards: readonly ReplayGuard[]
  readonly peers: Peers
  readonly timeoutMs: number
  readonly onExchange: GatewayOptions['onExchange']
  readonly captureBytes: number
  /** Closes what this version opened. Must be called when no new request can begin with it. */
  retire(): void
}

/** A route with the connections to its upstream. */
export interface OpenRoute extends PreparedRoute {
  readonly pool: Pool
}

/** Twilio gives up after 15 seconds: https://www.twilio.com/docs/usage/webhooks/webhooks-faq */
export const defaultTimeoutMs = gatewayOptions.timeoutMs.default

/**
 * Prepares options that `checkOptions` has checked.
 * @throws TypeError or RangeError that names the option. Nothing is open then.
 */
export function* createConfigSnapshot(
  options: GatewayOptions,
  upstreams: Upstreams,
  hop: string,
): Steps<ConfigSnapshot> {
  const { routes, forwardAuth } = options
  const table = yield* prepareRoutes(routes)
  const peers = createPeers(options.limits)
  const auth = forwardAuth && prepareForwardAuth(forwardAuth, peers)
  const open = new Map<PreparedRoute, OpenRoute>()
  for (const route of table.routes) {
    open.set(route, { ...route, pool: upstreams.open(route.upstream) })
    yield 1
  }
  return {
    find(host, target) {
      const route = table.find(host, target)
      return typeof route === 'object' ? open.get(route) : route
    },
    auth,
    guards: [...routes, forwardAuth].flatMap((given) => given?.replay ?? []),
    peers,
    hop,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    onExchange: options.onExchange,
    captureBytes: options.captureBytes ?? gatewayOptions.captureBytes.default,
    retire() {
      for (const { pool } of open.values()) pool.release()
    },
  }
}
