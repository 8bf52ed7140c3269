import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import type { Framework, Running } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'
import { honoFeatures, makeHonoApp } from './hono-app.ts'
import { toRunning } from './listen.ts'

async function start(scenario: Scenario, mountWith: 'mount' | 'route'): Promise<Running> {
  const { fetch } = makeHonoApp(scenario, mountWith)
  const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }) as Server
  await new Promise((resolve) => server.once('listening', resolve))
  return toRunning(server)
}

function makeFramework(mountWith: 'mount' | 'route', exceptions: Framework['exceptions']): Framework {
  return {
    ...honoFeatures,
    // app.mount() makes a new Request, which reads the stream first.
    parsersBefore: {
      ...honoFeatures.parsersBefore,
      ...(mountWith === 'route' && {
        'c.env.incoming': { form: 'consumed', json: 'consumed', keepsNames: false },
      }),
    },
    name: `hono 4 on node-server, ${mountWith}`,
    address: 'both',
    start: (scenario) => start(scenario, mountWith),
    exceptions,
  }
}

export const hono: readonly Framework[] = [
  makeFramework('route', {}),
  makeFramework('mount', {
    'a GET with a body': 'app.mount() makes a new Request, which cannot have the body of a GET',
    'B1 a signature of a GET on other methods':
      'app.mount() makes a new Request, which cannot be a TRACE, so Hono answers 500 before the guard runs',
  }),
]
