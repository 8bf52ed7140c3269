import { createServer, type IncomingMessage, type Server } from 'node:http'
import websocket from '@fastify/websocket'
import { upgradeWebSocket } from '@hono/node-server'
import createFastify from 'fastify'
import { twilioWebhook as guardFastify } from 'tollgate/fastify'
import { createVerifyClient, twilioUpgrade } from 'tollgate/ws'
import { WebSocketServer } from 'ws'
import type { Running } from '../adapter/framework.ts'
import { listenWithFastify, serveApp, serveH3App, serveUpgrades } from '../frameworks/ws.ts'
import { addAtPlace, readAt } from './fastify-servers.ts'
import { makeH3App } from './h3-app.ts'
import { type HonoPlace, honoPlaces, makeHonoApp, openByHono } from './hono-app.ts'
import { atPlaces } from './places.ts'
import { findRoute, type Place, places, type Ran, rootPaths } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

/** The guard stands before the routes, so it has the whole server or some paths. */
const wsPlaces = {
  'the whole app': 'all',
  'some paths': places['paths at the root'],
} as const satisfies Readonly<Record<string, RoutedServer['guards']>>

type WsPlace = keyof typeof wsPlaces

const choosePaths = (place: string, options: GuardOptions): GuardOptions & { readonly paths?: readonly string[] } =>
  place === 'some paths' ? { ...options, paths: rootPaths } : options

/** Routes by the raw path, as servers with one path for each `WebSocketServer` do. */
function readRaw(url: string): string {
  return url.replace(/[?#].*$/s, '')
}

/** Routes as the documentation of ws says. */
function readWhatwg(url: string): string {
  try {
    return new URL(url, 'wss://base.url').pathname
  } catch {
    return '/nowhere'
  }
}

const readers = { 'the raw path': readRaw, 'new URL().pathname': readWhatwg }

function listWs(name: string, start: (place: WsPlace, options: GuardOptions | undefined, route: Router) => Server) {
  return Object.entries(readers).flatMap(([way, readPath]) =>
    atPlaces(`${name}, ${way}`, wsPlaces, (place, options) =>
      serveUpgrades(
        start(place, options, ({ url = '' }) => {
          const found = findRoute(readPath(url))
          const ran: Ran | undefined = found && { ...found, urls: { 'req.url': url } }
          return ran && JSON.stringify(ran)
        }),
      ),
    ),
  )
}

/** Returns what the socket of a route sends. `undefined`: the request has no route. */
type Router = (req: IncomingMessage) => string | undefined

function startUpgrade(place: WsPlace, options: GuardOptions | undefined, route: Router): Server {
  const guard = options && twilioUpgrade(choosePaths(place, options))
  const sockets = new WebSocketServer({ noServer: true })
  return createServer((_req, res) => void res.writeHead(426).end()).on('upgrade', async (req, socket, head) => {
    const webhook = await guard?.(req, socket, head)
    if (guard && webhook === undefined) return
    const text = route(req)
    if (text === undefined) return void socket.destroy()
    sockets.handleUpgrade(req, socket, head, (connection) => connection.send(text))
  })
}

function startVerifyClient(place: WsPlace, options: GuardOptions | undefined, route: Router): Server {
  const server = createServer((_req, res) => void res.writeHead(426).end())
  const verifyClient = options && { verifyClient: createVerifyClient(choosePaths(place, options)) }
  return (
    new WebSocketServer({ server, ...verifyClient }).on('connection', (connection, req) => {
      const text = route(req)
      if (text === undefined) connection.terminate()
      else connection.send(text)
    }) && server
  )
}

async function startFastify(
  place: Place | WsPlace,
  options: GuardOptions | undefined,
  byAdapter: boolean,
): Promise<Running> {
  const app = createFastify({ forceCloseConnections: true })
  const verifyClient = options && !byAdapter && { verifyClient: createVerifyClient(choosePaths(place, options)) }
  await app.register(websocket, { options: { ...verifyClient } })
  addAtPlace(
    app,
    place,
    (scope, paths) => {
      if (options && byAdapter) scope.register(guardFastify, { ...options, ...(paths && { paths }) })
    },
    (scope, url, route) =>
      void scope.route({
        method: 'GET',
        url,
        // `verifyClient` guards no ordinary handler.
        handler: async (request, reply) => (byAdapter ? readAt(route)(request) : reply.code(426).send()),
        wsHandler: (connection, request) => connection.send(JSON.stringify(readAt(route)(request))),
      }),
  )
  return listenWithFastify(app)
}

/**
 * Servers of Node.js that open WebSockets. Behind an adapter's own guard they answer other requests
 * too.
 */
export const socketServers: readonly RoutedServer[] = [
  ...listWs('ws, twilioUpgrade', startUpgrade),
  ...listWs('ws, verifyClient', startVerifyClient),
  ...atPlaces('@fastify/websocket', places, (place, options) => startFastify(place, options, true)),
  ...atPlaces('@fastify/websocket, verifyClient', wsPlaces, (place, options) => startFastify(place, options, false)),
  ...atPlaces('hono 4, WebSockets', honoPlaces, (place: HonoPlace, options) =>
    serveApp(makeHonoApp(place, options, { knowsTarget: true, openSocket: openByHono(upgradeWebSocket) })),
  ),
  ...atPlaces('h3 2, WebSockets', places, (place, options) => serveH3App(makeH3App(place, options, true))),
].map((server) => ({ ...server, webSockets: true }))
