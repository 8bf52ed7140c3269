import { prepareForwardAuth } from './auth-settings.ts'
import { checkOptions } from './check-options.ts'
import { type GatewayOptions, gatewayOptions } from './options.ts'
import { createPeers, type UnfinishedBodies } from './peers.ts'
import { prepareRoutes } from './routes.ts'
import type { Upstreams } from './upstream/pool.ts'

/** One version of the options, ready to use. A request keeps the version with which it began. */
export type ConfigSnapshot =
  ReturnType<typeof createConfigSnapshot> extends Generator<number, infer Snapshot> ? Snapshot : never

/** Twilio gives up after 15 seconds: https://www.twilio.com/docs/usage/webhooks/webhooks-faq */
export const defaultTimeoutMs = gatewayOptions.timeoutMs.default

/**
 * Checks and prepares options.
 * @throws TypeError or RangeError that names the option. Nothing is open then.
 */
export function* createConfigSnapshot(
  options: GatewayOptions,
  { upstreams, hop, bodies }: { upstreams: Upstreams; hop: string; bodies?: UnfinishedBodies },
) {
  yield* checkOptions(options)
  const { routes, forwardAuth } = options
  const peers = createPeers(options.limits, bodies)
  const auth = forwardAuth && prepareForwardAuth(forwardAuth, options, peers)
  return {
    ...(yield* prepareRoutes(options, upstreams)),
    /** Set if the gateway has forward-auth. */
    auth,
    /** The replay guards of the routes and of forward-auth. */
    guards: [...routes, forwardAuth].flatMap((given) => given?.replay ?? []),
    peers,
    /** The mark that the gateway adds to what it forwards, to recognise it if it comes back. */
    hop,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    onExchange: options.onExchange,
    captureBytes: options.captureBytes ?? gatewayOptions.captureBytes.default,
  }
}
