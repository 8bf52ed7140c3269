import { checkNames, pickOptions } from '../../checks/options.ts'
import type { IncomingRequest } from '../../index.ts'
import { verifierOptions } from '../../schemes/twilio/options.ts'
import {
  createGuard,
  type Guard,
  type GuardOptions,
  type OptionsSource,
  resolveOptions,
  sharedVerifierOptions,
} from './guard.ts'

/** The option of adapters whose platforms pass an upgrade to the application like any request. */
export interface WebSocketOptions {
  // For many.
  /**
   * Set it to true on routes that open WebSockets (Media Streams, ConversationRelay), and on no
   * others (fetch, Hono, h3, Elysia, SvelteKit, Astro, React Router). A request that asks for an
   * upgrade is then verified only as a handshake, and every other request as usual. A handshake has
   * the same signature for every call. `sharedKeysOnly`, the allowed methods and the replay guard
   * do not apply to it. Default false: upgrade headers are ignored.
   * @see docs/frameworks/ws.md
   */
  readonly webSocket?: boolean | undefined
}

/** The option of `WebSocketOptions`. */
export const webSocketOptions = {
  webSocket: { type: 'boolean', default: false },
} as const

/**
 * Creates a guard with the option `webSocket`. An adapter whose server knows if it upgrades the
 * connection sets `handshake`. Without it, the headers decide.
 * @throws TypeError or RangeError that names the option, if one is wrong. Options from a function
 *   are checked at the first request.
 */
export function createSocketGuard<Env = void>(source: OptionsSource<GuardOptions & WebSocketOptions, Env>): Guard<Env> {
  let opensSockets = false
  const takeOption = (given: GuardOptions & WebSocketOptions): GuardOptions => {
    const { webSocket: _, ...options } = given
    checkNames(given, { ...verifierOptions, ...sharedVerifierOptions, ...webSocketOptions }, 'the adapter')
    const own: WebSocketOptions = given
    opensSockets = pickOptions(own, webSocketOptions).webSocket
    return options
  }
  const guard = createGuard<Env>(
    typeof source === 'function'
      ? (env) => takeOption(resolveOptions(source, env))
      : takeOption(resolveOptions(source)),
  )
  const markHandshake = (request: IncomingRequest): IncomingRequest => {
    const handshake = opensSockets && (request.handshake ?? asksForUpgrade(request))
    return handshake === (request.handshake ?? false) ? request : { ...request, handshake }
  }
  return { check: (read, native, env) => guard.check(() => markHandshake(read()), native, env) }
}

/** Either header counts: Bun opens a socket for a request that only has the key. */
function asksForUpgrade({ headers }: IncomingRequest): boolean {
  const read = (name: string): unknown => (typeof headers.get === 'function' ? headers.get(name) : null)
  return read('upgrade') !== null || read('sec-websocket-key') !== null
}
