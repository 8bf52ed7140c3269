import type { Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import { mountedRoutes, plainPaths, type Ran, rootRoutes } from './routes.ts'
import type { GuardOptions } from './server.ts'

interface Read {
  readonly request: Request
  readonly path: string
  readonly url?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
}

function readAt(route: string): (context: Read) => Ran {
  return ({ request, path, params, query }) => {
    const parsed = URL.canParse(request.url) ? new URL(request.url) : undefined
    return {
      route,
      params: { ...params },
      urls: {
        'request.url': request.url,
        ...(parsed && { 'new URL(request.url)': parsed.pathname + parsed.search }),
      },
      paths: { 'context.path': path },
      parsed: { ...query },
    }
  }
}

type AddRoute = (app: Elysia, path: string, read: ReturnType<typeof readAt>, hook: object) => void

/** Adds a route for both methods. On Bun, Elysia compiles these into routes of the server. */
const addBoth: AddRoute = (app, path, read, hook) => {
  const handler = (context: Read): Response => Response.json(read(context))
  app.get(path, handler, hook).post(path, handler, hook)
}

const addSocket: AddRoute = (app, path, read, hook) => {
  const open = (socket: { readonly data: Read; send(text: string): unknown }): void =>
    void socket.send(JSON.stringify(read(socket.data)))
  app.ws(path, { ...hook, open: open as never })
}

/**
 * The plain paths without the wildcard below the mount. On Bun, Elysia gives routes without a
 * wildcard to the server's router, which prefers `/:a/:b/:c` to `/api/*`, and its own does not. So
 * a request that only Elysia routes, such as `/x/../api/y/z`, would run the other one of the two.
 */
export const plainPathsOnBun: Readonly<Record<string, string>> = { ...plainPaths, '/api/other': '/:a/*' }

interface Variant {
  /** True if the routes open WebSockets, and nothing else. */
  readonly webSocket?: boolean
  /** True for the routes of `plainPathsOnBun`. */
  readonly onBun?: boolean
}

/** Adds the routes, each with the macro of the guard, to an app. */
export function addRoutes(
  app: Elysia,
  options: GuardOptions | undefined,
  { webSocket = false, onBun = false }: Variant = {},
): Elysia {
  const guarded = options ? (app.use(twilioWebhook({ ...options, webSocket })) as unknown as Elysia) : app
  const hook = (options ? { twilio: true } : {}) as object
  const add = webSocket ? addSocket : addBoth
  guarded.group('/api', (part) => {
    for (const path of mountedRoutes.filter((one) => !onBun || one !== '/*'))
      add(part as unknown as Elysia, path, readAt(`/api${path}`), hook)
    return part
  })
  for (const path of rootRoutes) add(guarded, path, readAt(path), hook)
  return guarded
}
