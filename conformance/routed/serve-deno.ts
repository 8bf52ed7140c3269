import { H3, serve } from 'h3'
import { serveWithDeno } from '../runtimes/serve-with-deno.ts'
import { serveApps } from './apps-on-runtimes.ts'

// Deno runs this file itself.
await serveApps(async (app) => {
  if (!(app instanceof H3)) return serveWithDeno((request, info) => app.fetch(request, info as never))
  const server = await serve(app, { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false }).ready()
  return Number(new URL(server.url ?? '').port)
})
