import { createServer, type Server } from 'node:http'
import { node } from '@elysiajs/node'
import { getRequestListener } from '@hono/node-server'
import { Elysia } from 'elysia'
import type { Framework, Running } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'
import { addScenario, elysiaFeatures } from './elysia-app.ts'
import { serve, toRunning } from './listen.ts'

/**
 * Serves the web handler of Elysia through another package, which provides the peer as Bun does.
 */
function startWeb(scenario: Scenario, aot: boolean): Promise<Running> {
  const app = new Elysia({ aot })
  addScenario(scenario, app)
  return serveElysia(app)
}

export async function serveElysia(app: Elysia): Promise<Running> {
  const peers = new WeakMap<Request, string | undefined>()
  const requestIP = (request: Request): { address: string } => ({ address: peers.get(request) ?? '' })
  Object.assign(app, { server: { requestIP } })
  const listener = getRequestListener((request, { incoming }) => {
    peers.set(request, incoming.socket.remoteAddress)
    return app.fetch(request)
  })
  return serve(createServer(listener))
}

async function startNode(scenario: Scenario): Promise<Running> {
  const app = new Elysia({ adapter: node() })
  addScenario(scenario, app)
  return listenWithElysia(app)
}

/** Starts an application with the adapter for Node.js. */
export async function listenWithElysia(app: { listen: Elysia['listen'] }): Promise<Running> {
  const listeners = process.listeners('beforeExit')
  const server = await new Promise<Server>((resolve) => {
    app.listen({ port: 0, hostname: '127.0.0.1' }, (info) =>
      resolve((info as unknown as { readonly node: { readonly server: Server } }).node.server),
    )
  })
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  // The adapter adds a listener for the end of the process for each server.
  for (const listener of process.listeners('beforeExit'))
    if (!listeners.includes(listener)) process.off('beforeExit', listener)
  return toRunning(server)
}

const noBody = { 'a GET with a body': 'the platform drops the body of a GET, because a web Request cannot have it' }

export const elysia: readonly Framework[] = [
  {
    ...elysiaFeatures,
    name: 'elysia 1.4, web handler',
    address: 'url',
    webSocket: true,
    start: (scenario) => startWeb(scenario, true),
    exceptions: noBody,
  },
  // Elysia works like this where code must not be compiled, as on Workers.
  {
    ...elysiaFeatures,
    name: 'elysia 1.4, web handler without aot',
    address: 'url',
    webSocket: true,
    start: (scenario) => startWeb(scenario, false),
    exceptions: {},
  },
  { ...elysiaFeatures, name: 'elysia 1.4, @elysiajs/node', address: 'both', start: startNode, exceptions: {} },
]
