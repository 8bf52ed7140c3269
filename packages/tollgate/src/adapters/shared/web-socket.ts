import type { IncomingRequest, VerifierOptions } from '../../index.ts'
import { createGuard, type Guard, type OptionsSource } from './guard.ts'
import { refusePromise } from './refuse-promise.ts'

/** An option of adapters whose platforms give an upgrade to the application as an ordinary request. */
export interface WebSocketOptions {
  /**
   * The route opens WebSockets (Media Streams, ConversationRelay): a request that asks for an upgrade is verified as a handshake and
   * as nothing else, every other request as usual. Set it on the routes that open sockets and on no others: a handshake's signature
   * is the same for every call, and `sharedKeysOnly`, the methods allowed and the replay guard do not apply to it. Default false:
   * upgrade headers mean nothing.
   */
  readonly webSocket?: boolean | undefined
}

/**
 * A guard with the option `webSocket`. Where the server knows whether it upgrades the connection, the adapter says so in `handshake`;
 * otherwise the headers decide.
 */
export function createSocketGuard<Env = void>(
  source: OptionsSource<VerifierOptions & WebSocketOptions, Env>,
): Guard<Env> {
  let opensSockets = false
  const takeOption = (given: VerifierOptions & WebSocketOptions): VerifierOptions => {
    refusePromise(given, 'The function that gives the options')
    const { webSocket = false, ...options } = given
    if (typeof webSocket !== 'boolean') throw new TypeError(`"webSocket" must be a boolean, got ${typeof webSocket}`)
    opensSockets = webSocket
    return options
  }
  const guard = createGuard<Env>(typeof source === 'function' ? (env) => takeOption(source(env)) : takeOption(source))
  const read = (request: IncomingRequest): IncomingRequest => ({
    ...request,
    handshake: opensSockets && (request.handshake ?? asksForUpgrade(request)),
  })
  return { check: (request, native, env) => guard.check(() => read(request()), native, env) }
}

/** Bun opens a socket for a request that has the key alone: such a one must not pass for an ordinary GET. */
function asksForUpgrade({ headers }: IncomingRequest): boolean {
  const read = (name: string): unknown => (typeof headers.get === 'function' ? headers.get(name) : null)
  return read('upgrade') !== null || read('sec-websocket-key') !== null
}
