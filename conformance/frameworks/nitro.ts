import { type Framework, kept, lost } from '../adapter/framework.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { makeBuiltFramework, startBuilt, type Version } from './built.ts'
import { slashes } from './h3.ts'

/** The base URL of the second build. Scenarios with a prefix use it. */
export const mountedAt = '/mounted'

/** The place of the guard: a file of the `middleware` folder, or only the route. */
interface Shape {
  readonly name: string
  /** The value of SHAPE in the server's environment. */
  readonly id: 'middleware' | 'route'
  readonly exceptions: Framework['exceptions']
  readonly cached: CachedRoute
}

/** The answers of a route that a rule caches. */
export interface CachedRoute {
  /** The status for a signed GET and POST. */
  readonly get: 200 | 500
  readonly post: 200 | 500
  /** The statuses that an unsigned request may get. */
  readonly unsigned: readonly number[]
}

export interface NitroVersion extends Omit<Version, 'name' | 'exceptions'> {
  readonly shapes: readonly Shape[]
  /**
   * The paths that middleware with `paths: ['/mounted/voice', '/sms']` guards below its base URL.
   */
  readonly guardedBelow: readonly string[]
  /** The paths that it also guards outside. */
  readonly guardedOutside: readonly string[]
  readonly address: NonNullable<Framework['address']>
  readonly parsersBefore: Framework['parsersBefore']
  readonly parsersAfter: Framework['parsersAfter']
}

// Nitro 2 strips its base URL from the paths that middleware sees, and Nitro 3 does not.
const underBaseUrl = 'the original path and the one under the mount'

const ownRequest: Framework['exceptions'] = {
  'a GET with a body': 'the platform drops the body of a GET, because a web Request cannot have it',
  'A4 A10 a target whose path servers read in two ways': 'Nitro 3.0 itself answers 500 to targets such as *',
  'E2 the server survives hostile targets and bytes': 'Nitro 3.0 itself answers 500 to targets such as *',
}

const common = { nodeMajor: 20, serve: { built: '.output/server/index.mjs' } } as const

export const nitro: readonly NitroVersion[] = [
  {
    ...common,
    project: 'nitro2',
    build: ['nitropack/dist/cli/index.mjs', 'build'],
    shapes: [
      {
        name: 'h3 1 in Nitro 2, middleware',
        id: 'middleware',
        exceptions: {
          ...slashes,
          [underBaseUrl]: 'Nitro 2 answers 302 to paths outside its base URL, which is case-sensitive',
        },
        cached: { get: 200, post: 200, unsigned: [403] },
      },
      {
        name: 'h3 1 in Nitro 2, onRequest of a route',
        id: 'route',
        exceptions: {
          ...slashes,
          'A4 an absolute target': 'its router finds no route for an absolute target: 404',
        },
        cached: { get: 500, post: 200, unsigned: [403, 500] },
      },
    ],
    guardedBelow: ['/voice', '/v%6fice', '//voice', '/VOICE/more', '/sms', '/s%6Ds', '//sms', '/SMS'],
    guardedOutside: [],
    address: 'target',
    parsersBefore: { readRawBody: kept, readBody: kept },
    parsersAfter: ['readBody', 'toWebRequest'],
  },
  {
    ...common,
    project: 'nitro3',
    build: ['nitro/dist/cli/index.mjs', 'build'],
    shapes: [
      {
        name: 'h3 2 in Nitro 3, middleware',
        id: 'middleware',
        exceptions: {
          ...ownRequest,
          [underBaseUrl]: 'Nitro 3 puts no route below its base URL, so `paths` must name the path without it',
        },
        // The cache runs before any middleware and calls the handler itself. The page says so.
        cached: { get: 200, post: 200, unsigned: [200] },
      },
      {
        name: 'h3 2 in Nitro 3, middleware of a route',
        id: 'route',
        exceptions: ownRequest,
        cached: { get: 500, post: 500, unsigned: [500] },
      },
    ],
    guardedBelow: ['/voice', '/v%6fice', '//voice', '/VOICE/more'],
    // It serves these, which a guard of `/mounted/voice` must cover.
    guardedOutside: ['/voice', '/v%6fice/more', '/VOICE'],
    address: 'both',
    parsersBefore: { readBody: lost, 'a clone': kept },
    parsersAfter: ['readBody', 'event.req.text'],
  },
]

/** The servers of the scenarios: the application at the root, and one with a base URL. */
interface NitroServers {
  readonly root: RemoteServer
  readonly mounted: RemoteServer
}

export async function startNitro(version: NitroVersion, shape: Shape): Promise<NitroServers> {
  const root = await startNitroRoot(version, shape)
  return { root, mounted: await start(version, shape, 'mounted', { BASE_URL: mountedAt }) }
}

/** Starts the application at the root. */
export function startNitroRoot(
  version: NitroVersion,
  shape: Shape,
  runtimeEnv: Readonly<Record<string, string>> = {},
): Promise<RemoteServer> {
  return start(version, shape, 'suite', {}, runtimeEnv)
}

function start(
  version: NitroVersion,
  shape: Shape,
  as: string,
  env: Readonly<Record<string, string>>,
  runtimeEnv: Readonly<Record<string, string>> = {},
): Promise<RemoteServer> {
  const sources = `conformance/projects/${version.project}/app`
  return startBuilt({ ...version, ...shape, env }, { sources, as }, { SHAPE: shape.id, ...runtimeEnv })
}

export function makeNitroFramework(version: NitroVersion, shape: Shape, servers: () => NitroServers): Framework {
  return {
    ...makeBuiltFramework({ ...version, ...shape }, () => servers().root),
    start: (scenario) => servers()[scenario.mountedAt === mountedAt ? 'mounted' : 'root'].play(scenario),
    // On a route, `paths` has nothing to choose from.
    paths: shape.id === 'middleware',
    mountsByText: version.project === 'nitro2',
    mounts: true,
    stacks: true,
    appBody: true,
    address: version.address,
    parsersBefore: version.parsersBefore ?? {},
    parsersAfter: version.parsersAfter ?? [],
  }
}
