import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { validator } from 'hono/validator'
import { type TwilioVariables, twilioWebhook } from 'tollgate/hono'
import { type Framework, kept, lost } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'

type Env = { Variables: TwilioVariables<'observe'> }

function readWith(read: (c: Context) => unknown): MiddlewareHandler {
  return async (c, next) => {
    await Promise.resolve(read(c)).catch(() => undefined)
    await next()
  }
}

const parsers: Readonly<Record<string, MiddlewareHandler>> = {
  parseBody: readWith((c) => c.req.parseBody()),
  text: readWith((c) => c.req.text()),
  json: readWith((c) => c.req.json()),
  arrayBuffer: readWith((c) => c.req.arrayBuffer()),
  blob: readWith((c) => c.req.blob()),
  formData: readWith((c) => c.req.formData()),
  'raw.text': readWith((c) => c.req.raw.text()),
  'raw.formData': readWith((c) => c.req.raw.formData()),
  'raw.clone': readWith((c) => c.req.raw.clone().text()),
  'an unread clone': readWith((c) => c.req.raw.clone()),
  'c.env.incoming': readWith((c) => c.env.incoming.toArray()),
  bodyLimit: bodyLimit({ maxSize: 1024 * 1024 }),
  'validator of the form': validator('form', (value) => value),
}

/** The ways in which the application reads the body after the guard. */
const readers: Readonly<Record<string, (c: Context) => Promise<unknown>>> = {
  'c.req': (c) => (isJson(c) ? c.req.json() : c.req.parseBody()),
  'c.req.raw': async (c) => (isJson(c) ? c.req.raw.json() : Object.fromEntries(await c.req.raw.formData())),
}

function isJson(c: Context): boolean {
  return c.req.header('content-type') === 'application/json'
}

/** Makes the application of a scenario: the guard and the handler, in a sub-app of another. */
export function makeHonoApp(scenario: Scenario, mountWith: 'mount' | 'route'): Hono {
  const { options, handle, before = '', after = '', mountedAt = '/', stacked } = scenario
  const inner = new Hono<Env>()
  const first = parsers[before]
  if (first) inner.use(first)
  inner.use(twilioWebhook(options))
  if (stacked) inner.use(twilioWebhook(options))
  inner.all('*', async (c) => {
    const hasBody = c.req.raw.body !== null && c.req.header('content-type') !== undefined
    const { status, headers, body } = await handle(c.var.twilio, hasBody ? await readers[after]?.(c) : undefined)
    return new Response(body || null, { status, headers })
  })
  const outer = new Hono().onError((_error, c) => c.text('Internal Server Error', 500))
  if (mountWith === 'mount') outer.mount(mountedAt, inner.fetch)
  else outer.route(mountedAt, inner)
  return outer
}

/** The properties of Hono that are the same on every runtime. */
export const honoFeatures = {
  paths: true,
  mounts: true,
  stacks: true,
  appBody: true,
  parsersBefore: {
    parseBody: kept,
    text: kept,
    json: kept,
    arrayBuffer: kept,
    blob: kept,
    formData: lost,
    'raw.text': lost,
    'raw.formData': lost,
    'raw.clone': kept,
    'an unread clone': kept,
    bodyLimit: kept,
    'validator of the form': kept,
  },
  parsersAfter: Object.keys(readers),
} as const satisfies Partial<Framework>
