import { plugin as crossws } from 'crossws/server/deno'
import { H3, serve } from 'h3'
import { upgradeWebSocket } from 'hono/deno'
import { serveWithDeno } from '../runtimes/serve-with-deno.ts'
import { serveApps } from './apps-on-runtimes.ts'
import { openByHono } from './hono-app.ts'
import { denoApps, type SocketPlatform } from './web-apps.ts'

declare const Deno: {
  upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response }
}

const platform: SocketPlatform = {
  openSocket: openByHono(upgradeWebSocket),
  upgrade(request, text) {
    const { socket, response } = Deno.upgradeWebSocket(request)
    socket.onopen = () => socket.send(text)
    return response
  },
}

// Deno runs this file itself.
await serveApps(denoApps, platform, async (app) => {
  if (!(app instanceof H3)) return serveWithDeno((request, info) => app.fetch(request, info as never))
  const to = { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false, plugins: [crossws({})] }
  return Number(new URL((await serve(app, to).ready()).url ?? '').port)
})
