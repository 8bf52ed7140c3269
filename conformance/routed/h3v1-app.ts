import * as h3v1 from 'h3v1'
import { twilioWebhook } from 'tollgate/h3'
import type { Listener } from './places.ts'
import { mountedRoutes, type Place, type Ran, rootPaths, rootRoutes } from './routes.ts'
import type { GuardOptions } from './server.ts'

function answer(route: string, prefix = ''): h3v1.EventHandler {
  return h3v1.eventHandler((event): Ran => {
    const url = h3v1.getRequestURL(event)
    return {
      route,
      params: { ...event.context.params },
      urls: {
        'event.node.req.originalUrl':
          (event.node.req as { originalUrl?: string }).originalUrl ?? event.node.req.url ?? '',
        'getRequestURL()': url.pathname + url.search,
      },
      // h3 decodes it.
      paths: { 'mount + event.path': prefix + event.path.replace(/\?.*$/s, '') },
      parsed: { ...h3v1.getQuery(event) },
    }
  })
}

export function makeH3v1(place: Place, options: GuardOptions | undefined): Listener {
  type Guard = h3v1.EventHandler
  const guard = (paths?: readonly string[]): Guard[] =>
    options ? [twilioWebhook({ ...options, ...(paths && { paths }) }) as unknown as Guard] : []
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
  for (const path of mountedRoutes) inner.use(path.replace('*', '**'), hook(answer(`/api${path}`, '/api')))
  part.use(inner)
  const outer = h3v1.createRouter()
  for (const path of rootRoutes) outer.use(path.replace('*', '**'), hook(answer(path)))
  app.use('/api', part.handler).use(outer)
  return h3v1.toNodeListener(app)
}
