import { createServer } from 'node:http'
import createFastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify'
import { twilioWebhook } from 'tollgate/fastify'
import { findPort } from '../frameworks/listen.ts'
import { atPlaces, type Listener, listenHttp2, overHttp2, type Place, pickFew, places, rootPaths } from './places.ts'
import { mountedRoutes, type Ran, rootRoutes } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

export function readAt(route: string): (request: FastifyRequest) => Ran {
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
    if (options) scope.register(twilioWebhook as FastifyPluginCallback<object>, { ...options, ...(paths && { paths }) })
  }
  const addRoute = (scope: FastifyInstance, path: string, route: string): void => {
    if (place !== 'each route') return void scope.all(path, async (request) => readAt(route)(request))
    scope.register(async (own) => {
      add(own)
      own.all(path, async (request) => readAt(route)(request))
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
