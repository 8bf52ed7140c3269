import { Elysia } from 'elysia'
import { H3, serve } from 'h3'
import { serveWithBun } from '../runtimes/serve-with-bun.ts'
import { serveApps } from './apps-on-runtimes.ts'

// Bun runs this file itself.
await serveApps(async (app) => {
  if (app instanceof Elysia) {
    app.listen({ hostname: '127.0.0.1', port: 0, development: false })
    return app.server?.port ?? 0
  }
  if (!(app instanceof H3)) return serveWithBun((request, server) => app.fetch(request, server as never))
  const server = await serve(app, { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false }).ready()
  return Number(new URL(server.url ?? '').port)
})
