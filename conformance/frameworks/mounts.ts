import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import Router from '@koa/router'
import express5 from 'express'
import express4 from 'express4'
import createFastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { H3, serve as serveH3 } from 'h3'
import * as h3v1 from 'h3v1'
import { type Context, Hono } from 'hono'
import { LinearRouter } from 'hono/router/linear-router'
import { TrieRouter } from 'hono/router/trie-router'
import Koa3, { type Context as KoaContext } from 'koa'
import mount from 'koa-mount'
import type { VerifierOptions } from 'tollgate'
import { twilioWebhook as guardExpress } from 'tollgate/express'
import { twilioWebhook as guardFastify } from 'tollgate/fastify'
import { twilioWebhook as guardH3 } from 'tollgate/h3'
import { twilioWebhook as guardHono } from 'tollgate/hono'
import { twilioWebhook as guardKoa } from 'tollgate/koa'
import type { Running } from '../adapter/framework.ts'
import { findPort, listen, serve } from './listen.ts'

type MountOptions = VerifierOptions & { readonly paths: readonly string[] }

/**
 * An application with a guard by `paths`, and a handler on each of these paths in every way that
 * its framework can mount one. The options have the mode `observe`, so that the handler can answer
 * if its request was guarded.
 */
interface MountedApp {
  readonly name: string
  /**
   * `under` is the prefix of the part of the application that has the guard and the handlers. `''`
   * is the application itself.
   */
  start(options: MountOptions, under: string): Promise<Running>
}

function answer(webhook: unknown): string {
  return webhook === undefined ? 'open' : 'guarded'
}

function mountExpress(name: string, express: typeof express5): MountedApp {
  return {
    name,
    start(options, under) {
      const part = express.Router().use(guardExpress(options))
      const handle: express5.RequestHandler = (req, res) => void res.send(answer(req.twilio))
      for (const path of options.paths) {
        for (const strict of [true, false])
          part.use(express.Router({ strict, caseSensitive: strict }).all(path, handle))
        part.use(path, handle)
        part.use(path, express().use(handle))
      }
      return listen(express().use(under || '/', part))
    },
  }
}

function mountKoa(): MountedApp {
  return {
    name: 'koa 3',
    start(options, under) {
      const part = new Koa3().use(guardKoa(options))
      const handle = (ctx: KoaContext): void => {
        ctx.body = answer(ctx.state.twilio)
      }
      for (const path of options.paths) {
        for (const strict of [true, false])
          part.use(new Router({ strict, sensitive: strict }).all(path, handle).routes())
        part.use(new Router({ prefix: path }).all('/{*rest}', handle).routes())
        part.use(mount(path, new Koa3().use(handle)))
      }
      const app = new Koa3().use(mount(under || '/', part))
      app.silent = true
      return listen(app.callback())
    },
  }
}

function mountFastify(name: string, options: FastifyServerOptions): MountedApp {
  return {
    name,
    async start(guardOptions, under) {
      const app: FastifyInstance = createFastify({ ...options, forceCloseConnections: true })
      await app.register(
        async (scope) => {
          scope.register(guardFastify, guardOptions)
          for (const path of guardOptions.paths)
            for (const route of [path, `${path}/*`]) scope.all(route, async ({ twilio }) => answer(twilio))
        },
        { prefix: under },
      )
      await app.listen({ host: '127.0.0.1', port: 0 })
      return { port: findPort(app.server), close: () => app.close() }
    },
  }
}

function mountHono(name: string, make: () => Hono, mountsWith: 'route' | 'mount'): MountedApp {
  return {
    name,
    start(options, under) {
      const part = make()
      const handle = (c: Context): Response => c.text(answer(c.var.twilio))
      part.use(guardHono(options))
      for (const path of options.paths) {
        part.all(path, handle)
        part.all(`${path}/*`, handle)
        part.basePath(path).all('*', handle)
      }
      const app = make()
      if (mountsWith === 'mount') app.mount(under || '/', part.fetch)
      else app.route(under || '/', part)
      return serve(createServer(getRequestListener(app.fetch)))
    },
  }
}

const mountH3v1: MountedApp = {
  name: 'h3 1',
  start(options, under) {
    const part = h3v1.createApp()
    // The guard has the types of h3 2.
    part.use(guardH3(options) as unknown as (event: h3v1.H3Event) => Promise<void>)
    const handle = h3v1.eventHandler(({ context }) => answer(context.twilio))
    const router = h3v1.createRouter()
    for (const path of options.paths) {
      router.use(path, handle)
      router.use(`${path}/**`, handle)
      part.use(path, handle)
    }
    part.use(router)
    const app = h3v1.createApp({ onError: () => undefined })
    return listen(h3v1.toNodeListener(under === '' ? part : app.use(under, part.handler)))
  },
}

const mountH3v2: MountedApp = {
  name: 'h3 2',
  async start(options, under) {
    const part = new H3({ silent: true }).use(guardH3(options))
    for (const path of options.paths) {
      part.all(path, ({ context }) => answer(context.twilio))
      part.all(`${path}/**`, ({ context }) => answer(context.twilio))
      part.use(`${path}/**`, ({ context }) => answer(context.twilio))
      part.mount(
        path,
        new H3({ silent: true }).all('/**', ({ context }) => answer(context.twilio)),
      )
    }
    const app = under === '' ? part : new H3({ silent: true }).mount(under, part)
    const running = serveH3(app, { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false })
    await running.ready()
    return { port: findPort(running.node?.server as Server), close: () => running.close(true) }
  },
}

const lenient: FastifyServerOptions = {
  routerOptions: {
    caseSensitive: false,
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
  },
  useSemicolonDelimiter: true,
}

export const mountedApps: readonly MountedApp[] = [
  mountExpress('express 4', express4),
  mountExpress('express 5', express5),
  mountKoa(),
  mountFastify('fastify 5', {}),
  mountFastify('fastify 5 with a lenient router', lenient),
  mountHono('hono 4, route', () => new Hono(), 'route'),
  mountHono('hono 4, mount', () => new Hono({ strict: false, router: new TrieRouter() }), 'mount'),
  mountHono('hono 4, linear router', () => new Hono({ router: new LinearRouter() }), 'route'),
  mountH3v1,
  mountH3v2,
]
