import { createServer } from 'node:http'
import createFastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify'
import { twilioWebhook } from 'tollgate/fastify'
import { findPort } from '../frameworks/listen.ts'
import { atPlaces, type Listener, listenHttp2, overHttp2, pickFew } from './places.ts'
import { mountedRoutes, type Place, places, type Ran, rootPaths, rootRoutes } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

export function readAt(route: string): (request: FastifyRequest) => Ran {
  return ({ url, originalUrl, raw, params, query }) => ({
    route,
    params: { ...(params as object) },
    urls: { 'request.url': url, 'request.originalUrl': originalUrl, 'request.raw.url': raw.url ?? '' },
    parsed: { ...(query as object) },
  })
}

type AddGuard = (scope: FastifyInstance, paths?: readonly string[]) => void
type AddRoute = (scope: FastifyInstance, path: string, route: string) => void

/**
 * Adds the routes at the root and at `/api`, and the guard at its place. At a place that `places`
 * does not have, the guard stands before the app, so none is added.
 */
export function addAtPlace(app: FastifyInstance, place: string, addGuard: AddGuard, addRoute: AddRoute): void {
  const add: AddRoute = (scope, path, route) => {
    if (place !== 'each route') return addRoute(scope, path, route)
    scope.register(async (own) => {
      addGuard(own)
      addRoute(own, path, route)
    })
  }
  if (place === 'the whole app') addGuard(app)
  if (place === 'paths at the root') addGuard(app, rootPaths)
  app.register(
    async (scope) => {
      if (place === 'paths in the mounted part') addGuard(scope, ['/api/voice'])
      if (place === 'paths below the mount') addGuard(scope, ['/voice'])
      for (const path of mountedRoutes) add(scope, path, `/api${path}`)
    },
    { prefix: '/api' },
  )
  for (const path of rootRoutes) add(app, path, path)
}

async function makeFastify(
  place: Place,
  options: GuardOptions | undefined,
  serverFactory?: FastifyServerFactory,
): Promise<FastifyInstance> {
  const app = createFastify({ forceCloseConnections: true, ...(serverFactory && { serverFactory }) })
  if (!options)
    app.addContentTypeParser('*', (_request, payload, done) => void payload.resume().on('end', () => done(null)))
  addAtPlace(
    app,
    place,
    (scope, paths) => {
      if (options)
        scope.register(twilioWebhook as FastifyPluginCallback<object>, { ...options, ...(paths && { paths }) })
    },
    (scope, path, route) => void scope.all(path, async (request) => readAt(route)(request)),
  )
  await app.ready()
  return app
}

export const fastifyServers: readonly RoutedServer[] = [
  ...atPlaces('fastify 5', places, async (place, options) => {
    const app = await makeFastify(place, options)
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { port: findPort(app.server), close: () => app.close() }
  }),
  ...overHttp2(
    atPlaces('fastify 5', pickFew(places), async (place, options) => {
      let handle: Listener = () => undefined
      await makeFastify(place, options, (handler) => {
        handle = handler as Listener
        return createServer()
      })
      return listenHttp2(handle)
    }),
  ),
]
