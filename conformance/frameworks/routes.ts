import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { node } from '@elysiajs/node'
import { getRequestListener } from '@hono/node-server'
import Router from '@koa/router'
import { Elysia } from 'elysia'
import express5, { type RequestHandler } from 'express'
import express4 from 'express4'
import createFastify from 'fastify'
import { H3, serve as serveH3 } from 'h3'
import { Hono } from 'hono'
import Koa, { type Context } from 'koa'
import type { VerifierOptions } from 'tollgate'
import { webhook } from 'tollgate/compat'
import { twilioWebhook as guardElysia } from 'tollgate/elysia'
import { twilioWebhook as guardExpress } from 'tollgate/express'
import { twilioWebhook as guardFastify } from 'tollgate/fastify'
import { twilioWebhook as guardH3 } from 'tollgate/h3'
import { twilioWebhook as guardHono } from 'tollgate/hono'
import { twilioWebhook as guardKoa } from 'tollgate/koa'
import { twilioWebhook as guardNode } from 'tollgate/node'
import type { Running } from '../adapter/framework.ts'
import { findPort, listen, serve, toRunning } from './listen.ts'

/** An application with guarded routes. Each answers with its own path, as the router has it. */
interface RoutedApp {
  readonly name: string
  start(options: VerifierOptions & { readonly authToken: string }, routes: readonly string[]): Promise<Running>
}

function routeExpress(name: string, express: typeof express5, isCompat: boolean): RoutedApp {
  return {
    name,
    start(options, routes) {
      const app = express()
      const guard = (
        isCompat ? webhook({ host: 'app.example.com', protocol: 'https' }, options.authToken) : guardExpress(options)
      ) as RequestHandler
      for (const route of routes) app.all(route, guard, (_req, res) => void res.send(route))
      return listen(app)
    },
  }
}

const routeKoa: RoutedApp = {
  name: 'koa 3',
  start(options, routes) {
    const router = new Router()
    for (const route of routes)
      router.all(route, guardKoa(options), (ctx: Context) => {
        ctx.body = route
      })
    const app = new Koa().use(router.routes())
    app.silent = true
    return listen(app.callback())
  },
}

const routeFastify: RoutedApp = {
  name: 'fastify 5',
  async start(options, routes) {
    const app = createFastify({ forceCloseConnections: true })
    app.register(guardFastify, options)
    app.register(async (scope) => {
      for (const route of [...routes, '/:x/*']) scope.all(route, async () => route)
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { port: findPort(app.server), close: () => app.close() }
  },
}

const routeHono: RoutedApp = {
  name: 'hono 4',
  start(options, routes) {
    const app = new Hono()
    for (const route of routes) app.all(route, guardHono(options), (c) => c.text(route))
    return serve(createServer(getRequestListener(app.fetch)))
  },
}

const routeH3: RoutedApp = {
  name: 'h3 2',
  async start(options, routes) {
    const app = new H3({ silent: true })
    for (const route of routes) app.all(route, () => route, { middleware: [guardH3(options)] })
    const running = serveH3(app, { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false })
    await running.ready()
    return { port: findPort(running.node?.server as Server), close: () => running.close(true) }
  },
}

const routeElysia: RoutedApp = {
  name: 'elysia 1.4 on Node.js',
  async start(options, routes) {
    const app = new Elysia({ adapter: node() }).use(guardElysia(options))
    for (const route of routes) app.post(route, () => route, { twilio: true })
    const listeners = process.listeners('beforeExit')
    const server = await new Promise<Server>((resolve) => {
      app.listen({ port: 0, hostname: '127.0.0.1' }, (info) =>
        resolve((info as unknown as { readonly node: { readonly server: Server } }).node.server),
      )
    })
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
    // The adapter adds a listener for the end of the process for each server.
    for (const listener of process.listeners('beforeExit'))
      if (!listeners.includes(listener)) process.off('beforeExit', listener)
    return toRunning(server)
  },
}

/** A handler that finds its route with the parser of URLs, as applications do. */
const routeNode: RoutedApp = {
  name: 'node:http',
  start(options, routes) {
    const guard = guardNode(options, (_webhook, req: IncomingMessage, res: ServerResponse) => {
      const { pathname } = new URL(`http://localhost${req.url}`)
      return routes.includes(pathname) ? res.end(pathname) : res.writeHead(404).end()
    })
    return listen(guard)
  },
}

export const routedApps: readonly RoutedApp[] = [
  routeExpress('express 4', express4, false),
  routeExpress('express 5', express5, false),
  routeExpress('compat, express 5', express5, true),
  routeKoa,
  routeFastify,
  routeHono,
  routeH3,
  routeElysia,
  routeNode,
]
