import type { Server } from 'node:http'
import { H3, type H3Event, onError, onRequest, readBody, serve } from 'h3'
import * as v1 from 'h3v1'
import { twilioWebhook } from 'tollgate/h3'
import { type Framework, kept, lost, type Running } from '../adapter/framework.ts'
import { makeScenario, type Scenario } from '../adapter/scenario.ts'
import { assertEqual } from '../kit/assert.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { findPort, listen } from './listen.ts'

const isPost = (method: string): boolean => method === 'POST'

type Guard = (event: v1.H3Event) => Promise<void>
type Shape = 'app.use' | 'onRequest'

const before1: Readonly<Record<string, (event: v1.H3Event) => Promise<unknown>>> = {
  readRawBody: (event) => v1.readRawBody(event, false),
  readBody: (event) => v1.readBody(event),
  'a platform that keeps rawBody': async ({ node }) =>
    void Object.assign(node.req, { rawBody: Buffer.concat(await node.req.toArray()) }),
  'a platform that parses': async ({ node }) => {
    const text = Buffer.concat(await node.req.toArray()).toString()
    Object.assign(node.req, {
      body: parse(new Headers({ 'content-type': node.req.headers['content-type'] ?? '' }), text),
    })
  },
  'node.req': ({ node }) => node.req.toArray(),
}
const after1: Readonly<Record<string, (event: v1.H3Event) => Promise<unknown>>> = {
  readBody: (event) => v1.readBody(event),
  readRawBody: async (event) => parse(event.headers, (await v1.readRawBody(event)) ?? ''),
  toWebRequest: async (event) => parse(event.headers, await v1.toWebRequest(event).text()),
}

function parse(headers: Headers, text: string): unknown {
  if (text === '') return undefined
  return headers.get('content-type') === 'application/json'
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text))
}

function startOne(scenario: Scenario, shape: Shape): Promise<Running> {
  const { options, handle, before = '', after = '', mountedAt = '/', stacked } = scenario
  // Here `h3` is version 2, so the guard has the types of version 2.
  const guards = [options, ...(stacked ? [options] : [])].map((one) => twilioWebhook(one) as unknown as Guard)
  const handler = async (event: v1.H3Event): Promise<string> => {
    const appBody = isPost(event.method) ? await after1[after]?.(event) : undefined
    const { status, headers, body } = await handle(event.context.twilio, appBody)
    v1.setResponseStatus(event, status)
    v1.setResponseHeaders(event, { ...headers })
    return body
  }
  const read = before1[before]
  const app = v1.createApp({ onError: () => undefined })
  if (read)
    app.use(
      v1.eventHandler(async (event) => {
        if (isPost(event.method)) await read(event)
      }),
    )
  if (shape === 'onRequest') app.use(mountedAt, v1.defineEventHandler({ onRequest: guards, handler }))
  else {
    for (const guard of guards) app.use(mountedAt, guard)
    app.use(mountedAt, v1.eventHandler(handler))
  }
  return listen(v1.toNodeListener(app))
}

const before2: Readonly<Record<string, (event: H3Event) => Promise<unknown>>> = {
  readBody: (event) => readBody(event),
  'event.req.text': (event) => event.req.text(),
  'a clone': (event) => event.req.clone().text(),
}
const after2: Readonly<Record<string, (event: H3Event) => Promise<unknown>>> = {
  readBody: (event) => readBody(event),
  'event.req.text': async (event) => parse(event.req.headers, await event.req.text()),
}

async function startTwo(scenario: Scenario, shape: 'app.use' | 'middleware'): Promise<Running> {
  const { options, handle, before = '', after = '', mountedAt, stacked } = scenario
  const guards = [twilioWebhook(options), ...(stacked ? [twilioWebhook(options)] : [])]
  const inner = new H3({ silent: true })
  const read = before2[before]
  if (read) inner.use(async (event) => void (isPost(event.req.method) && (await read(event))))
  if (shape === 'app.use') for (const guard of guards) inner.use(guard)
  const handler = async (event: H3Event): Promise<Response> => {
    const appBody = isPost(event.req.method) ? await after2[after]?.(event) : undefined
    const { status, headers, body } = await handle(event.context.twilio, appBody)
    return new Response(body || null, { status, headers })
  }
  inner.all('/**', handler, shape === 'middleware' ? { middleware: guards } : {})
  const app = mountedAt === undefined ? inner : new H3({ silent: true }).mount(mountedAt, inner)
  app.use(onError(() => undefined))
  const running = serve(app, { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false })
  await running.ready()
  return { port: findPort(running.node?.server as Server), close: () => running.close(true) }
}

const dropsSlashes = '`getRequestURL()` drops all slashes at the start but one, so the guard refuses such a path'
/** The cases with a path that begins with two slashes, for h3 1. */
export const slashes = { 'repeated slashes in the path': dropsSlashes, 'A6 a signature for another path': dropsSlashes }

const common = { paths: true, mounts: true, stacks: true, appBody: true, exceptions: {} } as const

export const h3: readonly Framework[] = [
  ...(['app.use', 'onRequest'] as const).map(
    (shape): Framework => ({
      ...common,
      name: `h3 1, ${shape}`,
      mountsByText: true,
      address: 'target',
      exceptions: slashes,
      start: (scenario) => startOne(scenario, shape),
      parsersBefore: {
        readRawBody: kept,
        readBody: kept,
        'a platform that keeps rawBody': kept,
        'a platform that parses': lost,
        'node.req': lost,
      },
      parsersAfter: Object.keys(after1),
    }),
  ),
  ...(['app.use', 'middleware'] as const).map(
    (shape): Framework => ({
      ...common,
      name: `h3 2, ${shape}`,
      address: 'both',
      // On a route, `paths` has nothing to choose from.
      paths: shape === 'app.use',
      exceptions: {},
      start: (scenario) => startTwo(scenario, shape),
      parsersBefore: { readBody: lost, 'event.req.text': lost, 'a clone': kept },
      parsersAfter: Object.keys(after2),
    }),
  ),
]

/** Runs the guard as a hook of h3 2, which would drop its answer. */
async function askBehindHook(): Promise<readonly [status: number, runs: number]> {
  const { options } = makeScenario('plain')
  let runs = 0
  const guard: (event: H3Event) => unknown = twilioWebhook(options)
  const app = new H3({ silent: true }).use(onRequest(async (event) => void (await guard(event)))).all('/**', () => {
    runs++
    return 'answered'
  })
  const { status } = await app.request('/sms', { method: 'POST' })
  return [status, runs]
}

/** Asks as srvx 0.8 does with a TRACE: it makes the Request only when one of these is read. */
async function askWithoutRequest(): Promise<readonly [status: unknown, runs: number]> {
  const fail = (): never => {
    throw new TypeError("'TRACE' HTTP method is unsupported.")
  }
  const url = 'http://app.example.com/sms'
  const req = { method: 'TRACE', url, headers: new Headers(), clone: fail }
  Object.defineProperty(req, 'bodyUsed', { get: fail })
  let runs = 0
  const event = { req, res: {}, path: '/sms', context: {} } as unknown as H3Event
  const answer = await twilioWebhook(makeScenario('plain').options)(event, () => runs++)
  return [(answer as Response).status, runs]
}

export const h3HookSuite: Suite = defineSuite('h3 2, as a hook', {
  'answers 500, and no handler runs': async () => assertEqual(await askBehindHook(), [500, 0], 'status and runs'),
})

export const h3RequestSuite: Suite = defineSuite('h3 2, where no Request can be made', {
  'refuses, and no handler runs': async () => assertEqual(await askWithoutRequest(), [403, 0], 'status and runs'),
})
