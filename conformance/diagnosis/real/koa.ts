import { bodyParser } from '@koa/bodyparser'
import Koa, { type Context, type Middleware } from 'koa'
import { koaBody } from 'koa-body'
import oldBodyParser from 'koa-bodyparser'
import mount from 'koa-mount'
import type { SeenRequest } from '../setup.ts'
import type { Sent } from '../webhooks.ts'
import { deliver, readAll, withServer } from './capture.ts'
import { asConsumed, named, type RealRow } from './row.ts'

type Look = (ctx: Context) => Partial<SeenRequest> | Promise<Partial<SeenRequest>>

function seeBehind(middleware: readonly Middleware[], look: Look, at = '/') {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    const inner = new Koa()
    for (const one of middleware) inner.use(one)
    inner.use(async (ctx) => {
      seen = { method: ctx.method, url: ctx.originalUrl, headers: { ...ctx.headers }, ...(await look(ctx)) }
      ctx.body = ''
    })
    const app = new Koa()
    app.silent = true
    app.use(mount(at, inner))
    await withServer(app.callback(), (port) => deliver(sent, port))
    if (seen === undefined) throw new Error('Koa did not reach the handler.')
    return seen
  }
}

const parsed = ({ request }: Context): unknown => (request as { readonly body?: unknown }).body
const params: Look = (ctx) => ({ params: parsed(ctx) })
const consumed: Look = (ctx) => asConsumed(parsed(ctx))
const rewritten: Look = (ctx) => ({ body: JSON.stringify(parsed(ctx)) })
const raw: Look = async ({ req, url }) => ({ url, body: new Uint8Array(await readAll(req)) })
const parsers: readonly (readonly [name: string, parser: Middleware])[] = [
  ['koa-bodyparser', oldBodyParser()],
  ['@koa/bodyparser', bodyParser()],
  ['koa-body', koaBody()],
]

export const koaRows: readonly RealRow[] = [
  ...parsers.flatMap(([name, parser]): readonly RealRow[] => [
    {
      name: `${name}, a form`,
      origin: named(name),
      webhook: 'whatsapp-inbound-location',
      see: seeBehind([parser], consumed),
      expected: ['body_already_parsed'],
    },
    {
      name: `${name}, a form with brackets`,
      origin: named(name),
      webhook: 'conversationrelay-action',
      wish: { pairs: (pairs) => [...pairs, ['State[step]', '4'], ['State[lang]', 'pt']] },
      see: seeBehind([parser], params),
      expected: ['params_nested'],
    },
    {
      name: `${name}, JSON written again`,
      origin: named(name),
      webhook: 'studio-http-request-json',
      see: seeBehind([parser], rewritten),
      expected: ['body_reserialized'],
    },
    {
      name: `${name}, JSON as the parameters`,
      origin: named(name),
      webhook: 'event-streams-test',
      see: seeBehind([parser], consumed),
      expected: ['body_already_parsed'],
      // The object went where parameters of a form belong.
      or: [['json_taken_as_form']],
    },
  ]),
  {
    name: 'ctx.url under koa-mount',
    origin: named('koa-mount'),
    webhook: 'video-participant-connected',
    wish: { url: 'https://app.example.com/webhooks/rooms' },
    see: seeBehind([], raw, '/webhooks'),
    expected: ['path_prefix'],
  },
  {
    name: 'ctx.protocol and ctx.url under koa-mount',
    origin: named('koa-mount'),
    webhook: 'conference-end',
    wish: { url: 'https://app.example.com/twilio/conf' },
    options: { signedUrl: ({ url }) => `http://app.example.com${url}` },
    see: seeBehind([], raw, '/twilio'),
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'ctx.path in place of ctx.url',
    origin: named('koa'),
    webhook: 'voice-gather-speech',
    see: seeBehind([], async ({ req, path, url, headers }) => ({
      url: path,
      headers: { ...headers, 'x-original-url': url },
      body: new Uint8Array(await readAll(req)),
    })),
    expected: ['query_missing'],
  },
]
