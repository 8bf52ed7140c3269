import Router from '@koa/router'
import Koa3, { type Context, type Middleware } from 'koa'
import mount from 'koa-mount'
import { twilioWebhook } from 'tollgate/koa'
import { listen } from '../frameworks/listen.ts'
import { atPlaces, type Listener, listenHttp2, overHttp2, pickFew } from './places.ts'
import { mountedRoutes, type Place, places, type Ran, rootPaths, rootRoutes } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

function answer(route: string): Middleware {
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

const pass: Middleware = (_ctx, next) => next()

function makeKoa(place: Place, options: GuardOptions | undefined): Listener {
  const guard = (paths?: readonly string[]): Middleware =>
    options ? twilioWebhook({ ...options, ...(paths && { paths }) }) : pass
  const app = new Koa3()
  app.silent = true
  const part = new Koa3()
  if (place === 'the whole app') app.use(guard())
  if (place === 'paths at the root') app.use(guard(rootPaths))
  if (place === 'paths in the mounted part') part.use(guard(['/api/voice']))
  if (place === 'paths below the mount') part.use(guard(['/voice']))
  const each = place === 'each route' ? guard() : pass
  const wildcard = '{*rest}'
  const inner = new Router()
  for (const path of mountedRoutes) inner.all(path.replace('*', wildcard), each, answer(`/api${path}`))
  const outer = new Router()
  for (const path of rootRoutes) outer.all(path.replace('*', wildcard), each, answer(path))
  app.use(mount('/api', part.use(inner.routes())))
  app.use(outer.routes())
  return app.callback()
}

export const koaServers: readonly RoutedServer[] = [
  ...atPlaces('koa 3', places, (place, options) => listen(makeKoa(place, options))),
  ...overHttp2(atPlaces('koa 3', pickFew(places), (place, options) => listenHttp2(makeKoa(place, options)))),
]
