import { checkNames, pickOptions, readOptions } from 'tollgate/internal'
import {
  type AddressOptions,
  type AuthEndpoint,
  addressOptions,
  authEndpointOptions,
  type ForwardAuthOptions,
  type GatewayOptions,
  gatewayOptions,
  limitOptions,
} from './options.ts'
import { listAddresses } from './own-listeners.ts'
import { checkMaxBodyBytes, isPlainPath, namePlaceInErrors } from './routes.ts'
import { findScheme } from './schemes.ts'
import type { Steps } from './slices.ts'

const notInForwardAuth = ['host', 'path', 'upstream', 'mode', 'webSocket']

/**
 * Checks the gateway's own options. `createVerifier` checks the options of the verifier in a route.
 * @throws TypeError or RangeError that names the option
 */
export function* checkOptions(options: GatewayOptions): Steps<void> {
  refuseMisplaced(options, 'the gateway')
  readOptions(options, gatewayOptions, 'the gateway')
  if (options.listen !== undefined) checkAddress(options.listen, 'listen')
  if (options.admin !== undefined && options.admin !== false) checkAddress(options.admin, 'admin')
  if (options.limits !== undefined) readOptions(options.limits, limitOptions, '"limits"', 'limits.')
  const { log, routes } = options
  const isLogger = (['info', 'warn', 'error'] as const).every((level) => typeof Object(log)[level] === 'function')
  if (log !== undefined && log !== 'silent' && log !== 'info' && !isLogger)
    throw new TypeError("\"log\" must be 'silent', 'info' or a logger with info, warn and error")
  if (options.forwardAuth !== undefined) checkForwardAuth(options.forwardAuth)
  if (!Array.isArray(routes) || (routes.length === 0 && options.forwardAuth === undefined))
    throw new TypeError('"routes" must be a list of at least one route: { path, upstream, publicUrl }')
  for (const [index, route] of routes.entries()) {
    checkNames(route, findScheme(Object(route)).known, `"routes[${index}]"`)
    yield 1
  }
  checkListeners(options)
}

/**
 * Checks that no two listeners need the same port. Otherwise the second fails after the first
 * listens.
 */
function checkListeners(options: GatewayOptions): void {
  const { listen, 'forwardAuth.listen': auth, admin } = listAddresses(options)
  const listeners = Object.entries({ ...(options.routes.length > 0 && { listen }), 'forwardAuth.listen': auth, admin })
  for (const [index, [name, { port = 0, host = '' } = {}]] of listeners.entries())
    for (const [otherName, other] of listeners.slice(0, index))
      if (port !== 0 && port === other?.port && overlap(host, other.host ?? ''))
        throw new TypeError(`"${name}" has the same address as "${otherName}"`)
}

const everyAddress = ['0.0.0.0', '::']

function overlap(one: string, other: string): boolean {
  const [first, second] = [one, other].map((host) => (host.toLowerCase() === 'localhost' ? '127.0.0.1' : host))
  return first === second || [first, second].some((host) => everyAddress.includes(String(host)))
}

function checkForwardAuth(options: ForwardAuthOptions): void {
  const rows = Object.entries(findScheme(Object(options)).known).filter(([name]) => !notInForwardAuth.includes(name))
  checkNames(options, { ...Object.fromEntries(rows), ...authEndpointOptions }, '"forwardAuth"')
  const endpoint = pickOptions<AuthEndpoint, typeof authEndpointOptions>(options, authEndpointOptions, 'forwardAuth.')
  const { listen, style, pathPrefix, webSocketPaths = [] } = endpoint
  if (listen !== undefined) checkAddress(listen, 'forwardAuth.listen')
  namePlaceInErrors(['forwardAuth'], () => checkMaxBodyBytes(options.maxBodyBytes))
  if (pathPrefix !== undefined && !/^(\/[^/?#]+)+$/.test(pathPrefix))
    throw new TypeError('"forwardAuth.pathPrefix" must be a path such as "/envoy"')
  if (pathPrefix !== undefined && style !== 'envoy')
    throw new TypeError('"forwardAuth.pathPrefix" needs "style: envoy"')
  if (!webSocketPaths.every((path) => path !== '' && isPlainPath(path.toLowerCase())))
    throw new TypeError(
      '"forwardAuth.webSocketPaths" must be a list of paths such as "/media", without escapes or dots',
    )
}

/** Where options belong that are not known at their place, or what replaces them. */
export const misplaced: ReadonlyMap<string, string> = new Map([
  ['workers', 'The gateway is one process. Start several: docs/gateway.md#several-gateways'],
  ['tls', 'TLS ends at the proxy in front of the gateway: docs/gateway.md#where-the-gateway-stands'],
  [
    'replay',
    'In a program, a replay guard belongs to a route or to forward-auth: "routes[0].replay", "forwardAuth.replay"',
  ],
  ['keys', 'In a program, keys belong to a route: "authToken", "sharedKeys" or "publicKey"'],
  ['graceMs', 'In a program, it belongs to close({ graceMs })'],
])

function refuseMisplaced(given: unknown, where: string): void {
  for (const name of Object.keys(Object(given))) {
    const advice = misplaced.get(name)
    if (advice !== undefined) throw new TypeError(`Unknown option "${name}" of ${where}. ${advice}`)
  }
}

function checkAddress(address: AddressOptions, where: string): void {
  refuseMisplaced(address, `"${where}"`)
  const { host, port, fd } = readOptions(address, addressOptions, `"${where}"`, `${where}.`)
  if (host === '') throw new TypeError(`"${where}.host" must be a host name or an address`)
  if (fd !== undefined && (host !== undefined || port !== undefined))
    throw new TypeError(`"${where}.fd" is a socket that has an address: leave out "host" and "port"`)
}
