import { Elysia } from 'elysia'
import { Hono } from 'hono'
import { twilioWebhook as guardElysia } from 'tollgate/elysia'
import { twilioWebhook as guardFetch } from 'tollgate/fetch'
import { twilioWebhook as guardHono } from 'tollgate/hono'
import { origin, token } from '../../kit/draft.ts'

type Fetch = (request: Request) => Response | Promise<Response>

const { Bun, Deno } = globalThis as unknown as {
  readonly Bun?: { serve(options: object): { readonly port: number } }
  readonly Deno?: { serve(options: object, handler: Fetch): { readonly addr: { readonly port: number } } }
}

const options = { publicUrl: origin, authToken: token }
const routes = ['/', '/sms', '/api/sms', '/twilio/sms', '/billing/sms', '/billing/paid', '/:p1/:p2/:p3'] as const

function serve(fetch: Fetch): number {
  const to = { hostname: '127.0.0.1', port: 0 }
  if (Bun !== undefined) return Bun.serve({ ...to, development: false, fetch }).port
  if (Deno === undefined) throw new Error('This is neither Bun nor Deno.')
  return Deno.serve({ ...to, onListen: () => undefined }, fetch).addr.port
}

function makeHono(): Fetch {
  const app = new Hono()
  for (const route of routes) app.all(route, guardHono(options), (c) => c.text(route))
  return app.fetch as Fetch
}

/** An application that is guarded by `paths`, below a mount. */
function makeMounted(): Fetch {
  const part = new Hono().all('/voice', (c) => c.text('ran')).all('/other', (c) => c.text('ran'))
  return new Hono().use('/api/*', guardHono({ ...options, paths: ['/api/voice'] })).route('/api', part).fetch as Fetch
}

/** Elysia on Bun listens itself, because its compiled routes are routes of Bun. */
function serveElysia(aot: boolean): number {
  const app = new Elysia({ aot }).use(guardElysia(options))
  for (const route of routes) app.post(route, () => route, { twilio: true })
  if (Bun === undefined) return serve(app.fetch)
  return app.listen({ hostname: '127.0.0.1', port: 0, development: false }).server?.port ?? 0
}

const ports = {
  hono: serve(makeHono()),
  mounted: serve(makeMounted()),
  elysia: serveElysia(true),
  'elysia without aot': serveElysia(false),
  fetch: serve(guardFetch(options, (_webhook, { url }) => new Response(new URL(url).pathname + new URL(url).search))),
}
console.log(JSON.stringify(ports))
