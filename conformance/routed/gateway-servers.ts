import { upgradeWebSocket } from '@hono/node-server'
import { createGateway } from '@tollgate/gateway'
import express from 'express'
import type { Running } from '../adapter/framework.ts'
import { listen } from '../frameworks/listen.ts'
import { serveApp } from '../frameworks/ws.ts'
import { makeExpress, pass } from './express-servers.ts'
import { makeHonoApp, openByHono } from './hono-app.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

/** Starts an application without a guard, and the gateway in front of it if there are options. */
async function startBehind(
  upstream: Promise<Running>,
  options: GuardOptions | undefined,
  webSocket: boolean,
): Promise<Running> {
  const { port, close } = await upstream
  if (options === undefined) return { port, close }
  // Both routes lead to one application, which routes by what the gateway sends.
  const routes = ['/', '/api'].map((path) => ({ ...options, path, upstream: `http://127.0.0.1:${port}`, webSocket }))
  const gateway = createGateway({ listen: { port: 0 }, routes })
  const { url } = await gateway.listen()
  return {
    port: Number(new URL(url).port),
    async close() {
      await gateway.close({ graceMs: 0 })
      await close()
    },
  }
}

/** The gateway in front of applications that have no guard. */
export const gatewayServers: readonly RoutedServer[] = [
  {
    name: 'gateway, express 5 behind it',
    guards: 'all',
    start: (options) => startBehind(listen(makeExpress(express, 'each route', () => pass, '{*rest}')), options, false),
  },
  {
    name: 'gateway, hono 4 with WebSockets behind it',
    guards: 'all',
    webSockets: true,
    start(options) {
      const app = makeHonoApp('the whole app', undefined, { openSocket: openByHono(upgradeWebSocket) })
      return startBehind(serveApp(app), options, true)
    },
  },
]
