import type { ReplayGuard } from 'tollgate'
import { type AuthSettings, prepareForwardAuth } from './auth-settings.ts'
import { type GatewayOptions, gatewayOptions } from './options.ts'
import { createPeers, type Peers } from './peers.ts'
import { prepareRoutes, type RouteTable } from './routes.ts'
import type { Steps } from './slices.ts'
import type { Upstreams } from './upstream/pool.ts'

/** One version of the options, ready to use. A request keeps the version with which it began. */
export interface ConfigSnapshot extends RouteTable {
  /** The mark that the gateway adds to what it forwards, to recognise it if it comes back. */
  readonly hop: string
  /** Set if the gateway has forward-auth. */
  readonly auth: AuthSettings | undefined
  /** The replay guards of the routes and of forward-auth. */
  readonly guards: readonly ReplayGuard[]
  readonly peers: Peers
  readonly timeoutMs: number
  readonly onExchange: GatewayOptions['onExchange']
  readonly captureBytes: number
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
  const peers = createPeers(options.limits)
  const auth = forwardAuth && prepareForwardAuth(forwardAuth, peers)
  return {
    ...(yield* prepareRoutes(routes, upstreams)),
    auth,
    guards: [...routes, forwardAuth].flatMap((given) => given?.replay ?? []),
    peers,
    hop,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    onExchange: options.onExchange,
    captureBytes: options.captureBytes ?? gatewayOptions.captureBytes.default,
  }
}
