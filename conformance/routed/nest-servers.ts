import type { Request } from 'express'
import type { VerifierOptions } from 'tollgate'
import { decorate, type loadNest, startNest } from '../frameworks/nest.ts'
import { host, origin } from '../kit/draft.ts'
import { atPlaces } from './places.ts'
import { mountedRoutes, type Ran, rootRoutes } from './routes.ts'
import type { RoutedServer } from './server.ts'

type Nest = Awaited<ReturnType<typeof loadNest>>
type Platform = 'Express' | 'Fastify'

/** Makes a controller with the routes below a prefix. Each route has the guard, if there is one. */
function makeController(
  { common, tollgate }: Nest,
  routes: readonly string[],
  options: {
    readonly prefix: string
    readonly wildcard: string
    readonly isGuarded: boolean
    readonly host?: string
  },
): unknown {
  const { prefix, wildcard, isGuarded, host } = options
  class Routes {
    [method: string]: (request: Request) => Ran
  }
  for (const [index, path] of routes.entries()) {
    Routes.prototype[`answer${index}`] = ({ originalUrl, url, params, query }) => ({
      route: (host === otherHost ? otherHost : '') + prefix + path,
      params: { ...params },
      urls: { originalUrl, url },
      parsed: { ...query },
    })
    const guards = isGuarded ? [tollgate.TwilioWebhook()] : []
    const route = [common.All(path.replace('*', wildcard)), common.HttpCode(200), ...guards]
    decorate(Routes.prototype, `answer${index}`, route, [common.Req()])
  }
  common.Controller({ path: prefix, ...(host !== undefined && { host }) })(Routes)
  return Routes
}

const otherHost = 'other.example.com'

/** Lists servers of Nest with a controller for each prefix, and with one for each host. */
export function listNestServers(version: string, nest: Nest): readonly RoutedServer[] {
  const platforms = { Express: 'all', Fastify: 'all' } as const
  const makeControllers = (platform: Platform, isGuarded: boolean, host?: string): readonly unknown[] => {
    const shared = {
      wildcard: platform === 'Express' ? '{*rest}' : '*',
      isGuarded,
      ...(host !== undefined && { host }),
    }
    return [
      makeController(nest, mountedRoutes, { prefix: '/api', ...shared }),
      makeController(nest, rootRoutes, { prefix: '', ...shared }),
    ]
  }
  const start = (platform: Platform, options: VerifierOptions | undefined, hosts: readonly (string | undefined)[]) =>
    startNest(nest, platform, 'rawBody: true', {
      imports: options ? [nest.tollgate.TwilioWebhookModule.forRoot(options)] : [],
      controllers: hosts.flatMap((one) => makeControllers(platform, options !== undefined, one)),
    })
  return [
    ...atPlaces(`nest ${version}`, platforms, (platform: Platform, options) => start(platform, options, [undefined])),
    // On Fastify, Nest cannot register one path for two hosts.
    ...atPlaces(`nest ${version}, a controller for each host`, { Express: 'all' }, (platform: Platform, options) => {
      const publicUrl = [origin, `https://${otherHost}`]
      return start(platform, options && { ...options, publicUrl }, [otherHost, host])
    }).map((server) => ({ ...server, selectsByHost: true as const })),
  ]
}
