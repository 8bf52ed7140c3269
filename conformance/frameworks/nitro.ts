import type { Framework, ParserBefore } from '../adapter/framework.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { makeBuiltFramework, type Version } from './built.ts'

const kept: ParserBefore = { form: 'accepted', json: 'accepted', keepsNames: true }
const lost: ParserBefore = { form: 'consumed', json: 'consumed', keepsNames: false }

/** Where the guard stands: in a file of the `middleware` folder, or on the route alone. */
interface Shape {
  readonly name: string
  /** What the server is told in SHAPE. */
  readonly id: 'middleware' | 'route'
  readonly exceptions: Framework['exceptions']
}

interface NitroVersion extends Omit<Version, 'name' | 'exceptions'> {
  readonly shapes: readonly Shape[]
  readonly parsersBefore: Framework['parsersBefore']
  readonly parsersAfter: Framework['parsersAfter']
}

const common = { nodeMajor: 20, serve: { built: '.output/server/index.mjs' } } as const

export const nitro: readonly NitroVersion[] = [
  {
    ...common,
    project: 'nitro2',
    build: ['nitropack/dist/cli/index.mjs', 'build'],
    shapes: [
      { name: 'h3 1 in Nitro 2, middleware', id: 'middleware', exceptions: {} },
      { name: 'h3 1 in Nitro 2, onRequest of a route', id: 'route', exceptions: {} },
    ],
    parsersBefore: { readRawBody: kept, readBody: kept },
    parsersAfter: ['readBody', 'toWebRequest'],
  },
  {
    ...common,
    project: 'nitro3',
    build: ['nitro/dist/cli/index.mjs', 'build'],
    shapes: [
      { name: 'h3 2 in Nitro 3, middleware', id: 'middleware', exceptions: {} },
      { name: 'h3 2 in Nitro 3, middleware of a route', id: 'route', exceptions: {} },
    ],
    parsersBefore: { readBody: lost, 'a clone': kept },
    parsersAfter: ['readBody', 'event.req.text'],
  },
]

export function makeNitroFramework(version: NitroVersion, shape: Shape, server: () => RemoteServer): Framework {
  const { parsersBefore, parsersAfter } = version
  return {
    ...makeBuiltFramework({ ...version, ...shape }, server),
    // On a route there is nothing for `paths` to choose from.
    paths: shape.id === 'middleware',
    stacks: true,
    appBody: true,
    parsersBefore,
    parsersAfter,
  }
}
