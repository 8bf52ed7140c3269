import type { Request } from 'express'
import { decorate, type loadNest, startNest } from '../frameworks/nest.ts'
import { atPlaces } from './places.ts'
import { mountedRoutes, type Ran, rootRoutes } from './routes.ts'
import type { RoutedServer } from './server.ts'

type Nest = Awaited<ReturnType<typeof loadNest>>
type Platform = 'Express' | 'Fastify'

/** Makes a controller with the routes below a prefix. Each route has the guard, if there is one. */
function makeController(
  { common, tollgate }: Nest,
  routes: readonly string[],
  options: { readonly prefix: string; readonly wildcard: string; readonly isGuarded: boolean },
): unknown {
  const { prefix, wildcard, isGuarded } = options
  class Routes {
    [method: string]: (request: Request) => Ran
  }
  for (const [index, path] of routes.entries()) {
    Routes.prototype[`answer${index}`] = ({ originalUrl, url, params, query }) => ({
      route: prefix + path,
      params: { ...params },
      urls: { originalUrl, url },
      parsed: { ...query },
    })
    const guards = isGuarded ? [tollgate.TwilioWebhook()] : []
    const route = [common.All(path.replace('*', wildcard)), common.HttpCode(200), ...guards]
    decorate(Routes.prototype, `answer${index}`, route, [common.Req()])
  }
  common.Controller(prefix)(Routes)
  return Routes
}

/** Lists servers of Nest with a controller for each prefix. */
export function listNestServers(version: string, nest: Nest): readonly RoutedServer[] {
  const platforms = { Express: 'all', Fastify: 'all' } as const
  return atPlaces(`nest ${version}`, platforms, (platform: Platform, options) => {
    const shared = { wildcard: platform === 'Express' ? '{*rest}' : '*', isGuarded: options !== undefined }
    return startNest(nest, platform, 'bodyParser: false', {
      imports: options ? [nest.tollgate.TwilioWebhookModule.forRoot(options)] : [],
      controllers: [
        makeController(nest, mountedRoutes, { prefix: '/api', ...shared }),
        makeController(nest, rootRoutes, { prefix: '', ...shared }),
      ],
    })
  })
}
