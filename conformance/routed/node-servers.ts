import { createServer, type Server } from 'node:http'
import { parse } from 'node:url'
import { node as elysiaNode } from '@elysiajs/node'
import { getRequestListener } from '@hono/node-server'
import { Elysia } from 'elysia'
import { serve as serveH3, toNodeHandler } from 'h3'
import { getRequestListener as getOldRequestListener } from 'hono-node-server-1.10'
import { twilioWebhook as guardNode } from 'tollgate/node'
import type { Running } from '../adapter/framework.ts'
import { listenWithElysia } from '../frameworks/elysia.ts'
import { findPort, listen, serve } from '../frameworks/listen.ts'
import { addRoutes } from './elysia-app.ts'
import { expressServers } from './express-servers.ts'
import { fastifyServers } from './fastify-servers.ts'
import { makeFetchApp } from './fetch-app.ts'
import { gatewayServers } from './gateway-servers.ts'
import { makeH3App } from './h3-app.ts'
import { makeH3v1 } from './h3v1-app.ts'
import { type HonoPlace, honoPlaces, makeHonoApp } from './hono-app.ts'
import { koaServers } from './koa-servers.ts'
import { atPlaces, type Listener, listenHttp2, overHttp2, pickFew } from './places.ts'
import { findRoute, type Place, places, type Ran } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'
import { socketServers } from './socket-servers.ts'

async function startH3(place: Place, options: GuardOptions | undefined): Promise<Running> {
  const to = { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false }
  const running = serveH3(makeH3App(place, options), to)
  await running.ready()
  return { port: findPort(running.node?.server as Server), close: () => running.close(true) }
}

type Fetch = Parameters<typeof getRequestListener>[0]

const oldListener = getOldRequestListener as unknown as typeof getRequestListener

async function startElysia(options: GuardOptions | undefined, webSocket = false): Promise<Running> {
  const app = new Elysia({ adapter: elysiaNode() })
  addRoutes(app as unknown as Elysia, options, { webSocket })
  return listenWithElysia(app)
}

function startFetch(listener: typeof getRequestListener, fetch: Fetch): Promise<Running> {
  return serve(createServer(listener(fetch)))
}

/** Routes by the raw path, as a listener does that has no router. */
const answerNode: Listener = (req, res) => {
  const url = req.url ?? ''
  const found = findRoute(url.replace(/[?#].*$/s, ''))
  if (found === undefined) return res.writeHead(404).end()
  const urls = { 'req.url': url, 'parse(req.url)': parse(url).path ?? '' }
  return res.end(JSON.stringify({ ...found, urls } satisfies Ran))
}

function makeNode(options: GuardOptions | undefined): Listener {
  return options ? guardNode(options, (_webhook, req, res) => void answerNode(req, res)) : answerNode
}

/** Serves Hono. Its guard knows the target as it arrived. */
function listenWithHono(place: HonoPlace, options: GuardOptions | undefined, listener = getRequestListener): Listener {
  return listener(makeHonoApp(place, options, { knowsTarget: true }).fetch as Fetch) as Listener
}

const fewHonoPlaces = pickFew(honoPlaces)

export const nodeServers: readonly RoutedServer[] = [
  { name: 'node:http', guards: 'all', start: (options) => listen(makeNode(options)) },
  { name: 'node:http2', guards: 'all', http2: true, start: (options) => listenHttp2(makeNode(options)) },
  ...expressServers,
  ...koaServers,
  ...fastifyServers,
  ...atPlaces('hono 4', honoPlaces, (place: HonoPlace, options) => listen(listenWithHono(place, options))),
  ...atPlaces('hono 4, @hono/node-server 1', fewHonoPlaces, (place, options) =>
    listen(listenWithHono(place, options, oldListener)),
  ),
  ...overHttp2(atPlaces('hono 4', fewHonoPlaces, (place, options) => listenHttp2(listenWithHono(place, options)))),
  ...[getRequestListener, oldListener].map(
    (listener): RoutedServer => ({
      name: `fetch, @hono/node-server ${listener === oldListener ? 1 : 2}`,
      guards: 'all',
      start: (options) => startFetch(listener, makeFetchApp(options) as Fetch),
    }),
  ),
  ...atPlaces('h3 1', places, (place, options) => listen(makeH3v1(place, options))),
  ...overHttp2(atPlaces('h3 1', pickFew(places), (place, options) => listenHttp2(makeH3v1(place, options)))),
  ...atPlaces('h3 2', places, startH3),
  ...overHttp2(
    atPlaces('h3 2', pickFew(places), (place, options) =>
      listenHttp2(toNodeHandler(makeH3App(place, options)) as unknown as Listener),
    ),
  ),
  { name: 'elysia 1.4, @elysiajs/node', guards: 'all', start: (options) => startElysia(options) },
  ...socketServers,
  ...gatewayServers,
  {
    name: 'elysia 1.4, @elysiajs/node, WebSockets',
    guards: 'all',
    webSockets: true,
    start: (options) => startElysia(options, true),
  },
  ...[true, false].map(
    (aot): RoutedServer => ({
      name: `elysia 1.4, @hono/node-server${aot ? '' : ', not compiled'}`,
      guards: 'all',
      start: (options) => startFetch(getRequestListener, addRoutes(new Elysia({ aot }), options).fetch as Fetch),
    }),
  ),
]
