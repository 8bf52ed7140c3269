import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http2'
import type { Running } from '../adapter/framework.ts'
import { findPort } from '../frameworks/listen.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

export type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

/** The places that differ most. Other versions and protocols of a framework are tested at these. */
export function pickFew<P extends string>(of: Guards<P>): Guards<P> {
  const few = Object.entries(of).filter(([place]) => /^the whole|^paths in/.test(place))
  return Object.fromEntries(few) as Guards<P>
}

type Guards<P extends string> = Readonly<Partial<Record<P, RoutedServer['guards']>>>

/** Makes the servers of one framework, for each place of the guard. */
export function atPlaces<P extends string>(
  name: string,
  of: Guards<P>,
  start: (place: P, options: GuardOptions | undefined) => Promise<Running>,
): readonly RoutedServer[] {
  return (Object.keys(of) as P[]).map((place) => ({
    name: `${name}, ${place}`,
    guards: of[place] ?? [],
    start: (options) => start(place, options),
  }))
}

/** Serves over HTTP/2 without TLS. */
export async function listenHttp2(listener: Listener): Promise<Running> {
  const server = createServer((req, res) => void listener(req as never, res as never))
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined).once('close', () => sessions.delete(session))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: findPort(server),
    close: () =>
      new Promise((resolve) => {
        for (const session of sessions) session.destroy()
        server.close(() => resolve())
      }),
  }
}

export function overHttp2(servers: readonly RoutedServer[]): readonly RoutedServer[] {
  return servers.map((server) => ({ ...server, name: `${server.name}, HTTP/2`, http2: true }))
}
