import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/**
 * Finds a free port before the gateway listens, because the gateway needs its public URL first.
 * @param host the address that will listen
 * @param first the port to try first. If a program uses it, the next nine are tried, then any.
 *   Default: any
 * @returns the port. Another program may still take it before the caller does
 * @throws Error of node:net, such as EACCES, for another reason than a port in use
 */
export async function findPort(host: string, first = 0): Promise<number> {
  for (let port = first; port > 0 && port < first + 10 && port <= 65_535; port++)
    if (await isFree(host, port)) return port
  return (await listenOnce(host, 0)).port
}

async function isFree(host: string, port: number): Promise<boolean> {
  try {
    await listenOnce(host, port)
    return true
  } catch (error) {
    if (isAddressInUse(error)) return false
    throw error
  }
}

/** True for the error of a port that another program uses. */
export function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

async function listenOnce(host: string, port: number): Promise<AddressInfo> {
  const probe = createServer().listen(port, host)
  await once(probe, 'listening')
  const address = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return address
}
