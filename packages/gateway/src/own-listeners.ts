import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAddressRanges } from 'tollgate/internal'
import type { AddressOptions, GatewayOptions } from './options.ts'
import { namePlaceInErrors } from './routes.ts'
import { parseOrigin } from './upstream/connection.ts'

/** Returns the address of each listener with its defaults, by the option that sets it. */
export function listAddresses({ listen, admin, forwardAuth }: GatewayOptions) {
  return {
    listen: fillAddress(listen, 8080),
    admin: admin ? fillAddress(admin, 0) : undefined,
    'forwardAuth.listen': forwardAuth && fillAddress(forwardAuth.listen, 8081),
  }
}

function fillAddress({ host = '127.0.0.1', port, fd }: AddressOptions = {}, defaultPort: number): AddressOptions {
  return fd === undefined ? { host, port: port ?? defaultPort } : { fd }
}

/** The address of each listener, by the option that sets it. An open inherited socket has one too. */
type Listeners = Readonly<Record<string, AddressOptions | undefined>>

export function formatOrigin(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/**
 * Refuses an upstream that is a listener of the gateway. One webhook would come back without end. A
 * loop through another server is found by the mark of forwarded requests instead.
 * @throws TypeError that names the route and the listener
 */
export async function refuseOwnListeners({ routes }: GatewayOptions, listeners: Listeners): Promise<void> {
  // All at once, so that names that cannot be looked up hold up the start only once.
  const upstreams = [...new Set(routes.map(({ upstream }) => upstream))]
  const options = await Promise.all(upstreams.map((upstream) => findListener(upstream, listeners)))
  for (const [index, option] of options.entries())
    if (option !== undefined)
      namePlaceInErrors(['routes', routes.findIndex(({ upstream }) => upstream === upstreams[index])], () => {
        throw new TypeError(
          `"upstream" is ${upstreams[index]}, which is the address of "${option}": each request would come back to the gateway without end`,
        )
      })
}

/** Returns the option whose listener an upstream reaches. */
async function findListener(upstream: string, listeners: Listeners): Promise<string | undefined> {
  const { host, port } = parseOrigin(upstream)
  for (const [option, { host: own = '', port: ownPort } = {}] of Object.entries(listeners)) {
    // A URL has one spelling for each address.
    const listener = ownPort === undefined ? undefined : parseOrigin(formatOrigin(own, ownPort))
    // A name is only looked up if the ports are the same.
    if (listener?.port === port && (await reaches(host, listener.host))) return option
  }
  return undefined
}

/** Returns true if a connection to one host arrives at a listener on the other. */
async function reaches(host: string, listenerHost: string): Promise<boolean> {
  // A listener has one address, and a client tries all.
  const [[bound], targets] = await Promise.all([findAddresses(listenerHost), findAddresses(host)])
  if (bound === undefined) return false
  const isCovered = parseAddressRanges(listRanges(bound), 'listen')
  // A connection to the unspecified address arrives at this machine.
  return targets.some((address) => isCovered(address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address))
}

const lookUpMs = 2000

/** Returns the addresses of a host. None if the name is not known now. */
async function findAddresses(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  const found = lookup(host, { all: true }).catch(() => [])
  // An upstream whose name cannot be looked up yet must not hold up the start.
  const late = sleep(lookUpMs, [], { ref: false })
  return (await Promise.race([found, late])).map(({ address }) => address)
}

/** Lists the addresses at which a listener is reached. */
function listRanges(bound: string): readonly string[] {
  if (bound !== '0.0.0.0' && bound !== '::') return [bound]
  const own = Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address))
  return ['127.0.0.0/8', '::1', ...own].filter((range) => bound === '::' || isIP(range) !== 6)
}
