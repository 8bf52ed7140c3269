import type { HttpFunction } from '@google-cloud/functions-framework'
import express5 from 'express'
import express4 from 'express4'
import * as compat from 'tollgate/compat'
import { twilioWebhook as guardExpress } from 'tollgate/express'
import { listen, serve } from '../frameworks/listen.ts'
import { host, token } from '../kit/draft.ts'
import { atPlaces, type Listener, pickFew } from './places.ts'
import { findRoute, mountedRoutes, type Place, places, type Ran, rootPaths, rootRoutes } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

function answerExpress(route: string): express5.RequestHandler {
  return (req, res) => {
    const ran: Ran = {
      route,
      params: { ...req.params },
      urls: { 'req.originalUrl': req.originalUrl, 'req.baseUrl + req.url': req.baseUrl + req.url },
      paths: { 'req.baseUrl + req.path': req.baseUrl + req.path },
      parsed: { ...req.query },
    }
    res.json(ran)
  }
}

type MakeGuard = (paths?: readonly string[]) => express5.RequestHandler
export const pass: express5.RequestHandler = (_req, _res, next) => next()

export function makeExpress(express: typeof express5, place: Place, guard: MakeGuard, wildcard: string): Listener {
  const app = express()
  app.set('env', 'test')
  const part = express.Router()
  if (place === 'the whole app') app.use(guard())
  if (place === 'paths at the root') app.use(guard(rootPaths))
  if (place === 'paths in the mounted part') part.use(guard(['/api/voice']))
  if (place === 'paths below the mount') part.use(guard(['/voice']))
  const each = place === 'each route' ? guard() : pass
  for (const path of mountedRoutes) part.all(path.replace('*', wildcard), each, answerExpress(`/api${path}`))
  app.use('/api', part)
  for (const path of rootRoutes) app.all(path.replace('*', wildcard), each, answerExpress(path))
  return app
}

function listExpress(name: string, express: typeof express5, wildcard: string): readonly RoutedServer[] {
  const ofRoutes = { 'the whole app': 'all', 'each route': 'all' } as const
  return [
    ...atPlaces(name, wildcard === '*' ? pickFew(places) : places, (place, options) => {
      const guard: MakeGuard = (paths) => (options ? guardExpress({ ...options, ...(paths && { paths }) }) : pass)
      return listen(makeExpress(express, place, guard, wildcard))
    }),
    ...atPlaces(`compat on ${name}`, ofRoutes, (place, options) => {
      const validate = options?.mode === undefined
      const guard: MakeGuard = () =>
        options ? compat.webhook({ authToken: token, host, protocol: 'https', validate }) : pass
      return listen(makeExpress(express, place, guard, wildcard))
    }),
    {
      name: `${name}, the handler form`,
      guards: 'all',
      start: (options) => listen(express().set('env', 'test').use(makeFunction(options))),
    },
  ]
}

/** The handler form, as a function that has all paths. */
function makeFunction(options: GuardOptions | undefined): express5.RequestHandler {
  return options ? guardExpress(options, (_webhook, req, res) => answerFunction(req, res)) : answerFunction
}

/** Routes by `req.path`, as a function does that has all paths. */
function answerFunction(req: express5.Request, res: express5.Response): void {
  const found = findRoute(req.path)
  if (found === undefined) return void res.status(404).end()
  const urls = { 'req.originalUrl': req.originalUrl, 'req.url': req.url }
  res.json({ ...found, urls, parsed: { ...req.query } } satisfies Ran)
}

let functions = 0

const cloudFunctions: RoutedServer = {
  name: 'functions-framework 5',
  guards: 'all',
  async start(options) {
    // It loads `domain`, which slows each promise of the process from then on.
    const { http } = await import('@google-cloud/functions-framework')
    const { getTestServer } = await import('@google-cloud/functions-framework/testing')
    const name = `routed${functions++}`
    http(name, makeFunction(options) as unknown as HttpFunction)
    return serve(getTestServer(name))
  },
}

export const expressServers: readonly RoutedServer[] = [
  ...listExpress('express 4', express4, '*'),
  ...listExpress('express 5', express5, '{*rest}'),
  cloudFunctions,
]
