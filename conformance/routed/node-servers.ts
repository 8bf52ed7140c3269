import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { parse } from 'node:url'
import { node as elysiaNode } from '@elysiajs/node'
import { type HttpFunction, http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { getRequestListener } from '@hono/node-server'
import Router from '@koa/router'
import { Elysia } from 'elysia'
import express5 from 'express'
import express4 from 'express4'
import createFastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify'
import { serve as serveH3, toNodeHandler } from 'h3'
import * as h3v1 from 'h3v1'
import { getRequestListener as getOldRequestListener } from 'hono-node-server-1.10'
import Koa3, { type Context, type Middleware } from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import * as compat from 'tollgate/compat'
import { twilioWebhook as guardExpress } from 'tollgate/express'
import { twilioWebhook as guardFastify } from 'tollgate/fastify'
import { twilioWebhook as guardH3 } from 'tollgate/h3'
import { twilioWebhook as guardKoa } from 'tollgate/koa'
import { twilioWebhook as guardNode } from 'tollgate/node'
import type { Running } from '../adapter/framework.ts'
import { findPort, listen, serve, toRunning } from '../frameworks/listen.ts'
import { host, token } from '../kit/draft.ts'
import { addRoutes } from './elysia-app.ts'
import { makeFetchApp } from './fetch-app.ts'
import { type H3Place, h3Places, makeH3App } from './h3-app.ts'
import { type HonoPlace, honoPlaces, makeHonoApp } from './hono-app.ts'
import { findRoute, mountedRoutes, type Ran, rootRoutes } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

const rootPaths = ['/billing', '/admin', '/api/voice']
const places = {
  'the whole app': 'all',
  'each route': 'all',
  'paths at the root': ['/billing/paid', '/admin', '/api/voice'],
  'paths in the mounted part': ['/api/voice'],
  'paths below the mount': ['/api/voice'],
} as const satisfies Readonly<Record<string, 'all' | readonly string[]>>
type Place = keyof typeof places

/** Makes the servers of one framework, for each place of the guard. */
function atPlaces<P extends string>(
  name: string,
  of: Readonly<Record<P, 'all' | readonly string[]>>,
  start: (place: P, options: GuardOptions | undefined) => Promise<Running>,
): readonly RoutedServer[] {
  return (Object.keys(of) as P[]).map((place) => ({
    name: `${name}, ${place}`,
    guards: of[place],
    start: (options) => start(place, options),
  }))
}

/** Serves over HTTP/2 without TLS. */
async function listenHttp2(listener: Listener): Promise<Running> {
  const server = createHttp2Server((req, res) => void listener(req as never, res as never))
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

function overHttp2(servers: readonly RoutedServer[]): readonly RoutedServer[] {
  return servers.map((server) => ({ ...server, name: `${server.name}, HTTP/2`, http2: true }))
}

// Express.

function answerExpress(route: string): express5.RequestHandler {
  return (req, res) => {
    const ran: Ran = {
      route,
      params: { ...req.params },
      urls: { 'req.originalUrl': req.originalUrl, 'req.baseUrl + req.url': req.baseUrl + req.url },
      paths: { 'req.baseUrl + req.path': req.baseUrl + req.path },
      parsed: { ...req.query },
    }
    res.json(ran)
  }
}

type MakeGuard = (paths?: readonly string[]) => express5.RequestHandler
const passExpress: express5.RequestHandler = (_req, _res, next) => next()

function makeExpress(express: typeof express5, place: Place, guard: MakeGuard, wildcard: string): Listener {
  const app = express()
  app.set('env', 'test')
  const part = express.Router()
  if (place === 'the whole app') app.use(guard())
  if (place === 'paths at the root') app.use(guard(rootPaths))
  if (place === 'paths in the mounted part') part.use(guard(['/api/voice']))
  if (place === 'paths below the mount') part.use(guard(['/voice']))
  const each = place === 'each route' ? guard() : passExpress
  for (const path of mountedRoutes) part.all(path.replace('*', wildcard), each, answerExpress(`/api${path}`))
  app.use('/api', part)
  for (const path of rootRoutes) app.all(path.replace('*', wildcard), each, answerExpress(path))
  return app
}

function listExpress(name: string, express: typeof express5, wildcard: string): readonly RoutedServer[] {
  const { 'the whole app': whole, 'each route': each } = places
  return [
    ...atPlaces(name, places, (place, options) =>
      listen(
        makeExpress(
          express,
          place,
          (paths) => (options ? guardExpress({ ...options, ...(paths && { paths }) }) : passExpress),
          wildcard,
        ),
      ),
    ),
    ...atPlaces(`compat on ${name}`, { 'the whole app': whole, 'each route': each }, (place, options) =>
      listen(
        makeExpress(
          express,
          place,
          () => (options ? compat.webhook({ authToken: token, host, protocol: 'https' }) : passExpress),
          wildcard,
        ),
      ),
    ),
    {
      name: `${name}, the handler form`,
      guards: 'all',
      start: (options) => {
        const app = express()
        app.set('env', 'test')
        const handle = (req: express5.Request, res: express5.Response): void => answerFunction(req, res)
        app.use(
          options ? guardExpress(options, (_webhook, req, res) => answerFunction(req as never, res as never)) : handle,
        )
        return listen(app)
      },
    },
  ]
}

/** Routes by `req.path`, as a function does that has all paths. */
function answerFunction(req: express5.Request, res: express5.Response): void {
  const found = findRoute(req.path)
  if (found === undefined) return void res.status(404).end()
  const urls = { 'req.originalUrl': req.originalUrl, 'req.url': req.url }
  res.json({ ...found, urls, parsed: { ...req.query } } satisfies Ran)
}

let functions = 0

const cloudFunctions: RoutedServer = {
  name: 'functions-framework 5',
  guards: 'all',
  start(options) {
    const name = `routed${functions++}`
    const handler = options
      ? guardExpress(options, (_webhook, req, res) => answerFunction(req as never, res as never))
      : answerFunction
    http(name, handler as unknown as HttpFunction)
    return serve(getTestServer(name))
  },
}

// Koa.

function answerKoa(route: string): Middleware {
  return (ctx: Context) => {
    const prefix = (ctx.mountPath as string | undefined) ?? ''
    const ran: Ran = {
      route,
      params: { ...ctx.params },
      urls: {
        'ctx.originalUrl': ctx.originalUrl,
        'mount + ctx.url': prefix + ctx.url,
        'ctx.href': ctx.href,
      },
      paths: { 'mount + ctx.path': prefix + ctx.path },
      queries: { 'ctx.querystring': ctx.querystring },
      parsed: { ...ctx.query },
    }
    ctx.body = ran
  }
}

const passKoa: Middleware = (_ctx, next) => next()

function makeKoa(Koa: typeof Koa3, place: Place, options: GuardOptions | undefined): Listener {
  const guard = (paths?: readonly string[]): Middleware =>
    options ? guardKoa({ ...options, ...(paths && { paths }) }) : passKoa
  const app = new Koa()
  app.silent = true
  const part = new Koa()
  if (place === 'the whole app') app.use(guard())
  if (place === 'paths at the root') app.use(guard(rootPaths))
  if (place === 'paths in the mounted part') part.use(guard(['/api/voice']))
  if (place === 'paths below the mount') part.use(guard(['/voice']))
  const each = place === 'each route' ? guard() : passKoa
  const wildcard = '{*rest}'
  const inner = new Router()
  for (const path of mountedRoutes) inner.all(path.replace('*', wildcard), each, answerKoa(`/api${path}`))
  const outer = new Router()
  for (const path of rootRoutes) outer.all(path.replace('*', wildcard), each, answerKoa(path))
  app.use(mount('/api', part.use(inner.routes())))
  app.use(outer.routes())
  return app.callback()
}

// Fastify.

function answerFastify(route: string): (request: FastifyRequest) => Ran {
  return ({ url, originalUrl, raw, params, query }) => ({
    route,
    params: { ...(params as object) },
    urls: { 'request.url': url, 'request.originalUrl': originalUrl, 'request.raw.url': raw.url ?? '' },
    parsed: { ...(query as object) },
  })
}

async function makeFastify(
  place: Place,
  options: GuardOptions | undefined,
  serverFactory?: FastifyServerFactory,
): Promise<FastifyInstance> {
  const app = createFastify({ forceCloseConnections: true, ...(serverFactory && { serverFactory }) })
  if (!options)
    app.addContentTypeParser('*', (_request, payload, done) => void payload.resume().on('end', () => done(null)))
  const add = (scope: FastifyInstance, paths?: readonly string[]): void => {
    if (options) scope.register(guardFastify as FastifyPluginCallback<object>, { ...options, ...(paths && { paths }) })
  }
  const addRoute = (scope: FastifyInstance, path: string, route: string): void => {
    if (place !== 'each route') return void scope.all(path, async (request) => answerFastify(route)(request))
    scope.register(async (own) => {
      add(own)
      own.all(path, async (request) => answerFastify(route)(request))
    })
  }
  if (place === 'the whole app') add(app)
  if (place === 'paths at the root') add(app, rootPaths)
  app.register(
    async (scope) => {
      if (place === 'paths in the mounted part') add(scope, ['/api/voice'])
      if (place === 'paths below the mount') add(scope, ['/voice'])
      for (const path of mountedRoutes) addRoute(scope, path, `/api${path}`)
    },
    { prefix: '/api' },
  )
  for (const path of rootRoutes) addRoute(app, path, path)
  await app.ready()
  return app
}

// h3.

function answerH3v1(route: string, prefix = ''): h3v1.EventHandler {
  return h3v1.eventHandler((event): Ran => {
    const url = h3v1.getRequestURL(event)
    return {
      route,
      params: { ...event.context.params },
      urls: {
        'mount + event.path': prefix + event.path,
        'event.node.req.originalUrl':
          (event.node.req as { originalUrl?: string }).originalUrl ?? event.node.req.url ?? '',
        'getRequestURL()': url.pathname + url.search,
      },
      parsed: { ...h3v1.getQuery(event) },
    }
  })
}

function makeH3v1(place: Place, options: GuardOptions | undefined): Listener {
  type Guard = h3v1.EventHandler
  const guard = (paths?: readonly string[]): Guard[] =>
    options ? [guardH3({ ...options, ...(paths && { paths }) }) as unknown as Guard] : []
  const app = h3v1.createApp({ onError: () => undefined })
  const part = h3v1.createApp()
  if (place === 'the whole app') for (const one of guard()) app.use(one)
  if (place === 'paths at the root') for (const one of guard(rootPaths)) app.use(one)
  if (place === 'paths in the mounted part') for (const one of guard(['/api/voice'])) part.use(one)
  if (place === 'paths below the mount') for (const one of guard(['/voice'])) part.use(one)
  const hook = (handler: h3v1.EventHandler): h3v1.EventHandler =>
    place === 'each route'
      ? h3v1.defineEventHandler({ onRequest: guard() as never, handler: handler as never })
      : handler
  const inner = h3v1.createRouter()
  for (const path of mountedRoutes) inner.use(path.replace('*', '**'), hook(answerH3v1(`/api${path}`, '/api')))
  part.use(inner)
  const outer = h3v1.createRouter()
  for (const path of rootRoutes) outer.use(path.replace('*', '**'), hook(answerH3v1(path)))
  app.use('/api', part.handler).use(outer)
  return h3v1.toNodeListener(app)
}

async function startH3(place: H3Place, options: GuardOptions | undefined): Promise<Running> {
  const to = { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false }
  const running = serveH3(makeH3App(place, options), to)
  await running.ready()
  return { port: findPort(running.node?.server as Server), close: () => running.close(true) }
}

// Web handlers on Node.js.

type Fetch = Parameters<typeof getRequestListener>[0]

const requestListeners = {
  '@hono/node-server 1': getOldRequestListener as unknown as typeof getRequestListener,
  '@hono/node-server 2': getRequestListener,
}

async function startElysia(options: GuardOptions | undefined): Promise<Running> {
  const app = new Elysia({ adapter: elysiaNode() })
  addRoutes(app as unknown as Elysia, options)
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

function startFetch(listener: typeof getRequestListener, fetch: Fetch): Promise<Running> {
  return serve(createServer(listener(fetch)))
}

// node:http.

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

const koa = (name: string, Koa: typeof Koa3): readonly RoutedServer[] => [
  ...atPlaces(name, places, (place, options) => listen(makeKoa(Koa, place, options))),
  ...overHttp2(atPlaces(name, places, (place, options) => listenHttp2(makeKoa(Koa, place, options)))),
]

const web = { whole: 'all' } as const

export const nodeServers: readonly RoutedServer[] = [
  { name: 'node:http', guards: 'all', start: (options) => listen(makeNode(options)) },
  { name: 'node:http2', guards: 'all', http2: true, start: (options) => listenHttp2(makeNode(options)) },
  ...listExpress('express 4', express4, '*'),
  ...listExpress('express 5', express5, '{*rest}'),
  cloudFunctions,
  ...koa('koa 2', Koa2),
  ...koa('koa 3', Koa3),
  ...atPlaces('fastify 5', places, async (place, options) => {
    const app = await makeFastify(place, options)
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { port: findPort(app.server), close: () => app.close() }
  }),
  ...overHttp2(
    atPlaces('fastify 5', places, async (place, options) => {
      let handle: Listener = () => undefined
      await makeFastify(place, options, (handler) => {
        handle = handler as Listener
        return createServer()
      })
      return listenHttp2(handle)
    }),
  ),
  ...Object.entries(requestListeners).flatMap(([name, listener]) => [
    ...atPlaces(`hono 4 on ${name}`, honoPlaces, (place: HonoPlace, options) =>
      startFetch(listener, makeHonoApp(place, options, true).fetch as Fetch),
    ),
    ...atPlaces(`fetch on ${name}`, web, (_place, options) => startFetch(listener, makeFetchApp(options) as Fetch)),
  ]),
  ...overHttp2(
    atPlaces('hono 4 on @hono/node-server 2', honoPlaces, (place: HonoPlace, options) =>
      listenHttp2(getRequestListener(makeHonoApp(place, options, true).fetch as never) as Listener),
    ),
  ),
  ...atPlaces('h3 1', places, (place, options) => listen(makeH3v1(place, options))),
  ...overHttp2(atPlaces('h3 1', places, (place, options) => listenHttp2(makeH3v1(place, options)))),
  ...atPlaces('h3 2', h3Places, startH3),
  ...overHttp2(
    atPlaces('h3 2', h3Places, (place: H3Place, options) =>
      listenHttp2(toNodeHandler(makeH3App(place, options)) as unknown as Listener),
    ),
  ),
  { name: 'elysia 1.4 on @elysiajs/node', guards: 'all', start: startElysia },
  ...[true, false].map(
    (aot): RoutedServer => ({
      name: `elysia 1.4 on @hono/node-server 2${aot ? '' : ', not compiled'}`,
      guards: 'all',
      start: (options) => startFetch(getRequestListener, addRoutes(new Elysia({ aot }), options).fetch as Fetch),
    }),
  ),
]
