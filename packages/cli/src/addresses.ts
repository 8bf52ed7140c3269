import type { Args } from './args.ts'
import { UnreachableError, UsageError } from './exit.ts'

/**
 * Adds the scheme to an address that people type without one: a host with a port, or this machine.
 * Any other text is returned unchanged.
 */
export function addScheme(address: string, scheme = 'http'): string {
  const hasPort = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+):\d{1,5}(?=[/?#]|$)/i.test(address)
  const isLocal = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(?=[/?#]|$)/i.test(address)
  return hasPort || isLocal ? `${scheme}://${address}` : address
}

/** Returns the URL of an upstream. A port alone is one of this machine. */
export function readUpstream(args: Args): string | undefined {
  const text = args.text('upstream')
  if (text === undefined) return undefined
  return addScheme(/^\d{1,5}$/.test(text) ? `127.0.0.1:${text}` : text)
}

/** @throws UsageError if the flag's value is neither HOST:PORT nor a port */
export function readAddress(args: Args, name: string): { host: string; port: number } | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  const [, host = '127.0.0.1', port] = /^(?:(\[[0-9a-f:.]+\]|[^\s:/]+):)?(\d{1,5})$/i.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535)
    throw new UsageError(`--${name} needs HOST:PORT or a port, such as 127.0.0.1:8080.`)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses the address',
  EACCES: 'this user may not use the port',
  EADDRNOTAVAIL: 'this machine does not have the address',
}

/**
 * Returns an `UnreachableError` if an address cannot be listened on; otherwise the error itself.
 * @param ports the ports that each flag sets
 */
export function toListenError(error: unknown, ports: Readonly<Record<string, number | undefined>>): unknown {
  const { message = '' }: { message?: string } = Object(error)
  // A worker process passes on only the message, such as "bind EADDRINUSE 127.0.0.1:8080".
  const [, code = '', address = ''] = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL)\b.* (\S+:\d+)$/.exec(message) ?? []
  const problem = listenProblems[code]
  if (problem === undefined) return error
  const flag = Object.keys(ports).find((name) => address.endsWith(`:${ports[name]}`))
  const cure = flag === undefined ? 'Change the address in the configuration.' : `Choose another with --${flag}.`
  return new UnreachableError(`Cannot listen on ${address}: ${problem}. ${cure}`)
}
