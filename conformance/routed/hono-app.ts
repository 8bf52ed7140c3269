import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { UpgradeWebSocket } from 'hono/ws'
import { twilioWebhook } from 'tollgate/hono'
import { mountedRoutes, type Ran, rootRoutes } from './routes.ts'
import type { GuardOptions } from './server.ts'

/** The places of the guard, with the routes that it protects there. */
export const honoPlaces = {
  'the whole app': 'all',
  'each route': 'all',
  'paths at the root': ['/billing/paid', '/admin', '/api/voice'],
  "paths at app.use('/api/*')": ['/api/voice'],
  'paths in app.route()': ['/api/voice'],
  'paths in basePath()': ['/api/voice'],
  'paths below the mount': ['/api/voice'],
  'app.mount()': ['/api/voice', '/api/sms', '/api/:a/sms', '/api/*'],
} as const satisfies Readonly<Record<string, 'all' | readonly string[]>>

export type HonoPlace = keyof typeof honoPlaces

const pass: MiddlewareHandler = (_c, next) => next()

/** `prefix` is what a mount has stripped. */
function readAt(route: string, prefix = ''): (c: Context) => Ran {
  return (c) => {
    const url = c.req.url.replace(/^([a-z]+:\/\/[^/?#\\]*)?/i, `$1${prefix}`)
    const raw = c.req.raw.url.replace(/^([a-z]+:\/\/[^/?#\\]*)?/i, `$1${prefix}`)
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    return {
      route,
      params: c.req.param(),
      urls: {
        'c.req.url': url,
        'c.req.raw.url': raw,
        ...(parsed && { 'new URL(c.req.url)': parsed.pathname + parsed.search }),
      },
      paths: { 'c.req.path': prefix + c.req.path },
      parsed: c.req.queries(),
    }
  }
}

/** Opens a socket for an upgrade, and sends the text. Passes other requests to the next handler. */
export type OpenSocket = (read: (c: Context) => string) => MiddlewareHandler

/** Opens sockets by a function `upgradeWebSocket` of Hono, which each runtime has. */
export const openByHono =
  (upgrade: UpgradeWebSocket): OpenSocket =>
  (read) =>
    upgrade((c) => {
      const text = read(c)
      return { onOpen: (_event, socket) => socket.send(text) }
    })

interface Platform {
  /**
   * On Node.js the guard knows the target as it arrived; elsewhere it knows only what `app.mount()`
   * leaves, so `publicUrl` has the rest.
   */
  readonly knowsTarget?: boolean
  /** How its routes open WebSockets. Default: they open none. */
  readonly openSocket?: OpenSocket | undefined
}

export function makeHonoApp(
  place: HonoPlace,
  options: GuardOptions | undefined,
  { knowsTarget = false, openSocket }: Platform = {},
): Hono {
  const webSocket = openSocket !== undefined
  const guard = (more: object = {}): MiddlewareHandler =>
    options ? twilioWebhook({ ...options, ...more, webSocket }) : pass
  const onPaths = (paths: readonly string[]): MiddlewareHandler => guard({ paths })
  const app = new Hono()
  if (place === 'the whole app') app.use(guard())
  if (place === 'paths at the root') app.use(onPaths(['/billing', '/admin', '/api/voice']))
  if (place === "paths at app.use('/api/*')") app.use('/api/*', onPaths(['/api/voice']))
  const each = place === 'each route' ? guard() : pass
  const part = place === 'paths in basePath()' ? app.basePath('/api') : new Hono()
  if (place === 'paths in basePath()' || place === 'paths in app.route()') part.use(onPaths(['/api/voice']))
  if (place === 'paths below the mount') part.use(onPaths(['/voice']))
  const add = (to: Hono, path: string, read: (c: Context) => Ran): void => {
    if (openSocket)
      to.get(
        path,
        each,
        openSocket((c) => JSON.stringify(read(c))),
      )
    to.all(path, each, (c) => c.json(read(c)))
  }
  const isStripped = place === 'app.mount()'
  if (isStripped && options) part.use(guard(knowsTarget ? {} : { publicUrl: `${options.publicUrl}/api` }))
  for (const path of mountedRoutes) add(part, path, readAt(`/api${path}`, isStripped ? '/api' : ''))
  if (isStripped) app.mount('/api', part.fetch)
  else if (place !== 'paths in basePath()') app.route('/api', part)
  for (const path of rootRoutes) add(app, path, readAt(path))
  return app.onError((_error, c) => c.text('Internal Server Error', 500))
}
