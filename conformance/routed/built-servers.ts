import type { Running } from '../adapter/framework.ts'
import { startBuilt, type Version } from '../frameworks/built.ts'
import type { RemoteServer } from '../projects/remote.ts'
import type { RoutedServer } from './server.ts'

/**
 * Plain paths of the applications in conformance/projects, and the route that each one must run.
 */
const plain = {
  '/routed/sms': '/routed/sms',
  '/routed/billing/paid': '/routed/billing/paid',
  '/routed/acme/sms': '/routed/:a/sms',
  '/routed/x/y/z': '/routed/:a/:b/:c',
  '/routed/files/v/w/x/y': '/routed/files/*',
  '/elsewhere/x': '/*',
}

/** Makes a server that the generator can attack of one that is built. */
export function makeRoutedServer(
  name: string,
  start: (env: Readonly<Record<string, string>>) => Promise<RemoteServer>,
): RoutedServer {
  return {
    name,
    guards: 'all',
    plain,
    // Next and React Router 7 write the query again, and nothing shows a mixture of `+` and `%20`.
    plainQueries: ['', '?a=1&b=two', '?q=it+is+%7C&tenant=one'],
    async start(options): Promise<Running> {
      const { port, stop } = await start({ ROUTED: options === undefined ? 'bare' : 'guarded' })
      return { port, close: stop }
    },
  }
}

/** Starts the build of the adapter suites. */
export const makeRoutedVersion = (version: Version, sources: string): RoutedServer =>
  makeRoutedServer(version.name, (env) => startBuilt(version, { sources, as: 'suite' }, env))
