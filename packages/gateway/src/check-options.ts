import { checkNames, readOptions } from 'tollgate/options'
import {
  type AddressOptions,
  addressOptions,
  type ForwardAuthOptions,
  type GatewayOptions,
  gatewayOptions,
  limitOptions,
} from './options.ts'
import { isPlainPath } from './routes.ts'
import { findScheme } from './schemes.ts'

const tlsOptions = {
  certFile: { type: 'string', required: true },
  keyFile: { type: 'string', required: true },
} as const
const rowsOfListen = { ...addressOptions, tls: { type: 'other' } } as const
const notInForwardAuth = ['host', 'path', 'upstream', 'mode', 'webSocket']
const other = { type: 'other' } as const
const forwardAuthOptions = { listen: other, style: other, pathPrefix: other, webSocketPaths: other }

/**
 * Checks the gateway's own options. `createVerifier` checks the options of the verifier in a route.
 * @throws TypeError or RangeError that names the option
 */
export function checkOptions(options: GatewayOptions): void {
  readOptions(options, gatewayOptions, 'the gateway')
  if (options.listen !== undefined) {
    refuseEmptyHost(readOptions(options.listen, rowsOfListen, '"listen"', 'listen.'), 'listen')
    if (options.listen.tls !== undefined) readOptions(options.listen.tls, tlsOptions, '"listen.tls"', 'listen.tls.')
  }
  if (options.admin !== undefined && options.admin !== false) checkAddress(options.admin, 'admin')
  if (options.limits !== undefined) readOptions(options.limits, limitOptions, '"limits"', 'limits.')
  const { log, routes } = options
  if (log !== undefined && log !== 'silent' && log !== 'info' && typeof Object(log).info !== 'function')
    throw new TypeError("\"log\" must be 'silent', 'info' or a pino logger")
  if (options.forwardAuth !== undefined) checkForwardAuth(options.forwardAuth)
  if (!Array.isArray(routes) || (routes.length === 0 && options.forwardAuth === undefined))
    throw new TypeError('"routes" must be a list of at least one route: { path, upstream, publicUrl }')
  for (const [index, route] of routes.entries())
    checkNames(route, findScheme(Object(route)).known, `"routes[${index}]"`)
  checkListeners(options)
}

/** Checks that no two listeners need the same port. Otherwise the second fails after the first listens. */
function checkListeners({ listen, admin, forwardAuth, routes }: GatewayOptions): void {
  const listeners = [
    ...(routes.length > 0 ? [{ name: 'listen', port: 8080, ...dropUndefined(listen) }] : []),
    ...(forwardAuth ? [{ name: 'forwardAuth.listen', port: 8081, ...dropUndefined(forwardAuth.listen) }] : []),
    ...(admin ? [{ name: 'admin', port: 0, ...dropUndefined(admin) }] : []),
  ]
  for (const [index, { name, port, host = defaultHost }] of listeners.entries())
    for (const other of listeners.slice(0, index))
      if (port !== 0 && port === other.port && overlap(host, other.host ?? defaultHost))
        throw new TypeError(`"${name}" has the same address as "${other.name}"`)
}

const defaultHost = '127.0.0.1'

function dropUndefined({ host, port }: AddressOptions = {}): AddressOptions {
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
}

const everyAddress = ['0.0.0.0', '::']

function overlap(one: string, other: string): boolean {
  const [first, second] = [one, other].map((host) => (host.toLowerCase() === 'localhost' ? defaultHost : host))
  return first === second || [first, second].some((host) => everyAddress.includes(String(host)))
}

function checkForwardAuth(options: ForwardAuthOptions): void {
  const rows = Object.entries(findScheme(Object(options)).known).filter(([name]) => !notInForwardAuth.includes(name))
  checkNames(options, { ...Object.fromEntries(rows), ...forwardAuthOptions }, '"forwardAuth"')
  if (options.listen !== undefined) checkAddress(options.listen, 'forwardAuth.listen')
  if (options.style !== undefined && options.style !== 'forwarded' && options.style !== 'envoy')
    throw new TypeError("\"forwardAuth.style\" must be 'forwarded' or 'envoy'")
  if (options.pathPrefix !== undefined && !/^(\/[^/?#]+)+$/.test(options.pathPrefix))
    throw new TypeError('"forwardAuth.pathPrefix" must be a path such as "/envoy"')
  if (options.pathPrefix !== undefined && options.style !== 'envoy')
    throw new TypeError('"forwardAuth.pathPrefix" needs "style: envoy"')
  const { webSocketPaths = [] } = options
  const isPlain = (path: unknown): boolean => typeof path === 'string' && path !== '' && isPlainPath(path.toLowerCase())
  if (!Array.isArray(webSocketPaths) || !webSocketPaths.every(isPlain))
    throw new TypeError(
      '"forwardAuth.webSocketPaths" must be a list of paths such as "/media", without escapes or dots',
    )
}

function checkAddress(address: AddressOptions, where: string): void {
  refuseEmptyHost(readOptions(address, addressOptions, `"${where}"`, `${where}.`), where)
}

function refuseEmptyHost({ host }: AddressOptions, where: string): void {
  if (host === '') throw new TypeError(`"${where}.host" must be a host name or an address`)
}
