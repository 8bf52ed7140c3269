import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa3, { type Context, type Middleware } from 'koa'
import { koaBody } from 'koa-body'
import oldBodyParser from 'koa-bodyparser'
import mount from 'koa-mount'
import { twilioWebhook } from 'tollgate/koa'
import { type Framework, kept, lost } from '../adapter/framework.ts'
import { listen } from './listen.ts'

const parsers: Readonly<Record<string, Middleware>> = {
  'koa-bodyparser': oldBodyParser(),
  '@koa/bodyparser': bodyParser(),
  'koa-body': koaBody(),
  'koa-body with includeUnparsed': koaBody({ includeUnparsed: true }),
}

/** Adds the guard to the application. */
type Serve = (app: Koa3, guards: readonly Middleware[], mountedAt: string | undefined) => void

/** Mounts with koa-mount, which strips the prefix, or with @koa/router, which does not. */
const serveMounted: Serve = (app, guards, mountedAt = '/') => {
  const inner = new Koa3()
  for (const guard of guards) inner.use(guard)
  app.use(mount(mountedAt, inner))
}
const serveRouted: Serve = (app, guards, mountedAt = '') => {
  const router = new Router()
  router.all([mountedAt || '/', `${mountedAt}/{*rest}`], ...guards)
  app.use(router.routes())
}

function makeFramework(name: string, serve: Serve): Framework {
  return {
    name,
    start({ options, handle, before = '', after = '', mountedAt, stacked }) {
      const app = new Koa3()
      app.silent = true
      const guards: Middleware[] = [twilioWebhook(options)]
      if (stacked) guards.push(twilioWebhook(options))
      const second = parsers[after]
      if (second) guards.push(second)
      guards.push(async (ctx: Context) => {
        const { status, headers, body } = await handle(ctx.state.twilio, ctx.request.body)
        ctx.status = status
        ctx.body = body
        ctx.set(headers)
      })
      const first = parsers[before]
      if (first) app.use(first)
      serve(app, guards, mountedAt)
      return listen(app.callback())
    },
    paths: true,
    mounts: true,
    stacks: true,
    appBody: true,
    parsersBefore: {
      'koa-bodyparser': kept,
      '@koa/bodyparser': kept,
      'koa-body': lost,
      'koa-body with includeUnparsed': kept,
    },
    parsersAfter: ['koa-bodyparser', '@koa/bodyparser'],
    address: 'both',
    exceptions: {},
  }
}

/** The guard on routes, where `paths` has nothing to choose from. */
const routed: Framework = {
  ...makeFramework('koa 3, @koa/router', serveRouted),
  paths: false,
  address: 'both',
  exceptions: {
    'E2 the server survives hostile targets and bytes':
      'the router reads ctx.path, which Koa cannot parse for "http://[", so it answers 500 before the guard runs',
  },
}

export const koa: readonly Framework[] = [makeFramework('koa 3', serveMounted), routed]
