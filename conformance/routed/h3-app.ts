import { defineWebSocketHandler, H3, type H3Event, type Middleware } from 'h3'
import { twilioWebhook } from 'tollgate/h3'
import { mountedRoutes, type Place, type Ran, rootPaths, rootRoutes } from './routes.ts'
import type { GuardOptions } from './server.ts'

/**
 * `prefix` is what the mount of an app with its own middleware strips from `event.req.url`. Only
 * Node.js strips it.
 */
function answer(route: string, prefix = ''): (event: H3Event) => Ran {
  return (event) => {
    const { url, req } = event
    const stripped = new URL(req.url).pathname.startsWith(prefix) ? '' : prefix
    const requestUrl = req.url.replace(/^([a-z]+:\/\/[^/?#\\]*)?/i, `$1${stripped}`)
    const { pathname, search } = new URL(requestUrl)
    return {
      route,
      params: { ...event.context.params },
      urls: {
        'event.url': url.pathname + url.search,
        'event.url.href': url.href,
        'event.path': event.path,
        'event.req.url': requestUrl,
        'new URL(event.req.url)': pathname + search,
      },
      parsed: Object.fromEntries([...url.searchParams].map(([name, value]) => [name, value])),
    }
  }
}

/** @param webSocket True if a GET with an upgrade opens a WebSocket on every route. */
export function makeH3App(place: Place, options: GuardOptions | undefined, webSocket = false): H3 {
  const guard = (more: object = {}): Middleware[] =>
    options ? [twilioWebhook({ ...options, ...more, webSocket })] : []
  const app = new H3({ silent: true })
  const part = new H3({ silent: true })
  if (place === 'the whole app') for (const one of guard()) app.use(one)
  if (place === 'paths at the root') for (const one of guard({ paths: rootPaths })) app.use(one)
  if (place === 'paths in the mounted part') for (const one of guard({ paths: ['/api/voice'] })) part.use(one)
  if (place === 'paths below the mount') for (const one of guard({ paths: ['/voice'] })) part.use(one)
  const each = place === 'each route' ? { middleware: guard() } : {}
  const prefix = place === 'paths in the mounted part' || place === 'paths below the mount' ? '/api' : ''
  const add = (to: H3, path: string, read: (event: H3Event) => Ran): void => {
    const open = (event: H3Event): { open(peer: { send(text: string): unknown }): void } => {
      const text = JSON.stringify(read(event))
      return { open: (peer) => void peer.send(text) }
    }
    to.all(path.replace('*', '**'), webSocket ? defineWebSocketHandler(open, read) : read, each)
  }
  for (const path of mountedRoutes) add(part, path, answer(`/api${path}`, prefix))
  app.mount('/api', part)
  for (const path of rootRoutes) add(app, path, answer(path))
  return app
}
