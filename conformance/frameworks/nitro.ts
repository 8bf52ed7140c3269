import type { Framework, ParserBefore } from '../adapter/framework.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { makeBuiltFramework, startBuilt, type Version } from './built.ts'

const kept: ParserBefore = { form: 'accepted', json: 'accepted', keepsNames: true }
const lost: ParserBefore = { form: 'consumed', json: 'consumed', keepsNames: false }

/** The base URL of the second build. Scenarios with a prefix use it. */
export const mountedAt = '/mounted'

/** The place of the guard: a file of the `middleware` folder, or only the route. */
interface Shape {
  readonly name: string
  /** The value of SHAPE in the server's environment. */
  readonly id: 'middleware' | 'route'
  readonly exceptions: Framework['exceptions']
}

interface NitroVersion extends Omit<Version, 'name' | 'exceptions'> {
  readonly shapes: readonly Shape[]
  /**
   * The paths that middleware with `paths: ['/mounted/voice', '/sms']` guards below its base URL.
   */
  readonly guardedBelow: readonly string[]
  readonly parsersBefore: Framework['parsersBefore']
  readonly parsersAfter: Framework['parsersAfter']
}

// Nitro 2 strips its base URL from the paths that middleware sees, and Nitro 3 does not.
const underBaseUrl = 'the original path and the one under the mount'

const noRoute: Framework['exceptions'] = {
  'A4 an absolute target': 'its router finds no route for an absolute target: 404',
}

const ownRequest: Framework['exceptions'] = {
  'a GET with a body': 'a web Request cannot have it, so the platform drops the body',
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
          ...noRoute,
          [underBaseUrl]: 'Nitro 2 answers 302 to paths outside its base URL, which is case-sensitive',
        },
      },
      { name: 'h3 1 in Nitro 2, onRequest of a route', id: 'route', exceptions: noRoute },
    ],
    guardedBelow: ['/voice', '/v%6fice', '//voice', '/VOICE/more', '/sms', '/s%6Ds', '//sms', '/SMS'],
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
          [underBaseUrl]: 'Nitro 3 does not provide its base URL, so `paths` must name the whole path',
        },
      },
      { name: 'h3 2 in Nitro 3, middleware of a route', id: 'route', exceptions: ownRequest },
    ],
    guardedBelow: ['/voice', '/v%6fice', '//voice', '/VOICE/more'],
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
  const sources = `conformance/projects/${version.project}/app`
  const start = (as: string, env: Readonly<Record<string, string>>): Promise<RemoteServer> =>
    startBuilt({ ...version, ...shape, env }, { sources, as }, { SHAPE: shape.id })
  return { root: await start('suite', {}), mounted: await start('mounted', { BASE_URL: mountedAt }) }
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
    parsersBefore: version.parsersBefore ?? {},
    parsersAfter: version.parsersAfter ?? [],
  }
}
