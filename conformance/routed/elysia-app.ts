import type { Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import { mountedRoutes, type Ran, rootRoutes } from './routes.ts'
import type { GuardOptions } from './server.ts'

interface Read {
  readonly request: Request
  readonly path: string
  readonly url?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
}

function answer(route: string): (context: Read) => Response {
  return ({ request, path, params, query }) => {
    const parsed = URL.canParse(request.url) ? new URL(request.url) : undefined
    const ran: Ran = {
      route,
      params: { ...params },
      urls: {
        'request.url': request.url,
        ...(parsed && { 'new URL(request.url)': parsed.pathname + parsed.search }),
      },
      paths: { 'context.path': path },
      parsed: { ...query },
    }
    return Response.json(ran)
  }
}

/** Adds a route for both methods. On Bun, Elysia compiles these into routes of the server. */
function addBoth(app: Elysia, path: string, handler: ReturnType<typeof answer>, hook: object): void {
  app.get(path, handler, hook).post(path, handler, hook)
}

/** Adds the routes, each with the macro of the guard, to an app. */
export function addRoutes(app: Elysia, options: GuardOptions | undefined): Elysia {
  const guarded = options ? (app.use(twilioWebhook(options)) as unknown as Elysia) : app
  const hook = (options ? { twilio: true } : {}) as object
  guarded.group('/api', (part) => {
    for (const path of mountedRoutes) addBoth(part as unknown as Elysia, path, answer(`/api${path}`), hook)
    return part
  })
  for (const path of rootRoutes) addBoth(guarded, path, answer(path), hook)
  return guarded
}
