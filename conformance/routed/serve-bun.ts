import { plugin as crossws } from 'crossws/server/bun'
import { Elysia } from 'elysia'
import { H3, serve } from 'h3'
import { upgradeWebSocket, websocket } from 'hono/bun'
import { serveWithBun } from '../runtimes/serve-with-bun.ts'
import { serveApps } from './apps-on-runtimes.ts'
import { openByHono } from './hono-app.ts'
import { bunApps, type SocketPlatform } from './web-apps.ts'

interface BunServer {
  upgrade(request: Request, options: { readonly data: unknown }): boolean
}

const platform: SocketPlatform = {
  openSocket: openByHono(upgradeWebSocket),
  upgrade(request, text, [server]) {
    // Hono's listeners serve these sockets too.
    const events = { onOpen: (_event: unknown, socket: { send(text: string): void }) => socket.send(text) }
    return (server as BunServer).upgrade(request, { data: { events } }) ? new Response(null) : undefined
  },
}

// Bun runs this file itself.
await serveApps(bunApps, platform, async (app) => {
  if (app instanceof Elysia) {
    app.listen({ hostname: '127.0.0.1', port: 0, development: false })
    return app.server?.port ?? 0
  }
  if (!(app instanceof H3)) return serveWithBun((request, server) => app.fetch(request, server as never), websocket)
  const to = { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false, plugins: [crossws({})] }
  return Number(new URL((await serve(app, to).ready()).url ?? '').port)
})
