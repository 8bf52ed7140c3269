import type { VerifierOptions } from 'tollgate'
import type { Running } from '../adapter/framework.ts'
import { origin, token } from '../kit/draft.ts'
import { plainPaths } from './routes.ts'

export type GuardOptions = VerifierOptions & { readonly publicUrl: string }

/** An application whose handlers answer with `Ran`, as the generator attacks it. */
export interface RoutedServer {
  /** The framework, and the place of the guard. */
  readonly name: string
  /** The routes that the guard protects, or `all` of them. */
  readonly guards: readonly string[] | 'all'
  /** Plain paths with the route that each must run. Default: `plainPaths` of routes.ts. */
  readonly plain?: Readonly<Record<string, string>>
  /** Queries of plain requests. Default: three, one of them with `+` and `%20`. */
  readonly plainQueries?: readonly string[]
  /** True if it speaks HTTP/2 without TLS. */
  readonly http2?: true
  /** True if its guarded routes open WebSockets, each of which first sends `Ran`. */
  readonly webSockets?: true
  /**
   * True if the Host header selects one of several public URLs, so that not every Host is genuine.
   */
  readonly selectsByHost?: true
  /** Starts it. Without options, it has no guard at all. */
  start(options: GuardOptions | undefined): Promise<Running>
}

export const guardOptions: GuardOptions = { publicUrl: origin, authToken: token }

export function isGuarded({ guards }: RoutedServer, route: string): boolean {
  return guards === 'all' || guards.includes(route)
}

/** Lists the plain paths of guarded routes. */
export function listGuardedPaths(server: RoutedServer): readonly (readonly [path: string, route: string])[] {
  return Object.entries(server.plain ?? plainPaths).filter(([, route]) => isGuarded(server, route))
}

/**
 * Returns true for the servers of the tests: those whose places of the guard differ most. `npm run
 * routed` attacks all.
 */
export function isInShortRun({ name }: Pick<RoutedServer, 'name'>): boolean {
  return !/each route|the raw path|below the mount|app\.use|handler form|HTTP\/2.*paths|paths.*HTTP\/2/.test(name)
}
