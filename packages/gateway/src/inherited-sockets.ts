import type { AddressOptions, GatewayOptions } from './options.ts'
import { listAddresses } from './own-listeners.ts'

const listeners = ['listen', 'admin', 'forwardAuth'] as const

/** The inherited sockets, by the option of their listener. */
export type InheritedSockets = Readonly<Partial<Record<(typeof listeners)[number], AddressOptions>>>

/**
 * Takes the sockets that systemd passes to this process, as sd_listen_fds(3) describes it. A socket
 * has the name of its listener (`FileDescriptorName=`). A single one needs none: it is `listen`.
 * @throws TypeError if there is not one name per socket, or if a name is unknown or not unique
 */
export function takeInheritedSockets(env: NodeJS.ProcessEnv = process.env): InheritedSockets {
  const { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES = '' } = env
  // Those of another number were for the process that started this one.
  if (LISTEN_FDS === undefined || LISTEN_PID !== String(process.pid)) return {}
  for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name]
  const count = Number(LISTEN_FDS)
  const names = LISTEN_FDNAMES.split(':')
  if (!/^[1-9]\d*$/.test(LISTEN_FDS) || (LISTEN_FDNAMES !== '' && names.length !== count))
    throw new TypeError(`LISTEN_FDS is "${LISTEN_FDS}", and LISTEN_FDNAMES has ${names.length} names`)
  const taken: { [name in (typeof listeners)[number]]?: AddressOptions } = {}
  for (let index = 0; index < count; index++) {
    const name = listeners.find((known) => known === names[index]) ?? (count === 1 ? 'listen' : undefined)
    if (name === undefined || taken[name] !== undefined)
      throw new TypeError(
        `systemd passes ${count} sockets named "${names.join(', ')}". Set FileDescriptorName= of each to another one of: ${listeners.join(', ')}`,
      )
    // 0 to 2 are the standard streams.
    taken[name] = { fd: 3 + index }
  }
  return taken
}

/** Returns the options of a file with all their addresses, or with inherited sockets instead. */
export function listenOnInherited(options: GatewayOptions, inherited: InheritedSockets): GatewayOptions {
  const { 'forwardAuth.listen': authAddress, ...addresses } = listAddresses(options)
  const { listen = addresses.listen, admin = addresses.admin ?? false } = inherited
  const { forwardAuth: socket } = inherited
  const { forwardAuth } = options
  if (socket !== undefined && forwardAuth === undefined)
    throw new TypeError('systemd passes a socket named forwardAuth, but "forwardAuth" is not set')
  return {
    ...options,
    listen,
    admin,
    forwardAuth: forwardAuth && { ...forwardAuth, listen: socket ?? authAddress },
  }
}
