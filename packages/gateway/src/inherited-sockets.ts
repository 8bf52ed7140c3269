import type { AddressOptions, GatewayOptions } from './options.ts'

/** The file descriptors of inherited listening sockets, by the option of their listener. */
export interface InheritedSockets {
  readonly listen?: number
  readonly admin?: number
  readonly forwardAuth?: number
}

const firstDescriptor = 3

const names = ['listen', 'admin', 'forwardAuth'] as const

/**
 * Takes the sockets that systemd passes to this process, as sd_listen_fds(3) describes it. A socket
 * has the name of its listener (`FileDescriptorName=`). A single one needs none: it is `listen`.
 * @throws TypeError if a name is unknown or not unique
 */
export function takeInheritedSockets(env: NodeJS.ProcessEnv = process.env): InheritedSockets {
  const { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES } = env
  // They were for another process if the number differs.
  if (LISTEN_PID !== String(process.pid)) return {}
  for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name]
  const count = Number(LISTEN_FDS)
  const given = LISTEN_FDNAMES?.split(':') ?? []
  const taken: { listen?: number; admin?: number; forwardAuth?: number } = {}
  for (let index = 0; index < count; index++) {
    const name = names.find((known) => known === given[index]) ?? (count === 1 ? 'listen' : undefined)
    if (name === undefined || taken[name] !== undefined)
      throw new TypeError(
        `systemd passes ${count} sockets named ${given.join(', ')}. Set FileDescriptorName= of each to another one of: ${names.join(', ')}`,
      )
    taken[name] = firstDescriptor + index
  }
  return taken
}

const defaultListen = { host: '127.0.0.1', port: 8080 }

/** Returns the options of a file with their addresses, or with inherited sockets instead. */
export function listenOnInherited(options: GatewayOptions, inherited: InheritedSockets): GatewayOptions {
  const { listen, admin, forwardAuth } = inherited
  const on = (fd: number | undefined, address: AddressOptions | undefined): AddressOptions | undefined =>
    fd === undefined ? address : { fd }
  if (forwardAuth !== undefined && options.forwardAuth === undefined)
    throw new TypeError('systemd passes a socket named forwardAuth, but the option "forwardAuth" is not set')
  return {
    ...options,
    listen: on(listen, { ...defaultListen, ...options.listen }),
    admin: admin === undefined ? (options.admin ?? false) : { fd: admin },
    forwardAuth: options.forwardAuth && { ...options.forwardAuth, listen: on(forwardAuth, options.forwardAuth.listen) },
  }
}
