import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import createFastify from 'fastify'
import { H3, toNodeHandler } from 'h3'
import * as h3v1 from 'h3v1'
import { Hono } from 'hono'
import Koa3 from 'koa'
import type { Accepted, Observed, VerifierOptions } from 'tollgate'
import * as fastify from 'tollgate/fastify'
import * as h3 from 'tollgate/h3'
import * as hono from 'tollgate/hono'
import * as koa from 'tollgate/koa'
import * as node from 'tollgate/node'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formType, makeJsonRequest, makeRequest, origin, type Signed, token } from '../kit/draft.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

/** The application's use of the Node.js request before the guard. */
type Before = (req: IncomingMessage) => Promise<unknown>
type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

const describeWebhook = (webhook: Accepted | Observed): string => (webhook.ok ? webhook.covers : webhook.code)

const servers: Readonly<Record<string, (options: VerifierOptions, before: Before) => Listener | Promise<Listener>>> = {
  'node:http2'(options, before) {
    const listener = node.twilioWebhook(options, (webhook, _req, res) => void res.end(describeWebhook(webhook)))
    return async (req, res) => {
      await before(req)
      return listener(req, res)
    }
  },
  'koa 3': (options, before) => listenWithKoa(new Koa3(), options, before),
  async 'fastify 5'(options, before) {
    let handle: Listener = () => undefined
    const app = createFastify({
      serverFactory: (handler) => {
        handle = handler as unknown as Listener
        return createServer() as never
      },
    })
    app.addHook('onRequest', async ({ raw }) => void (await before(raw)))
    app.register(fastify.twilioWebhook, options)
    app.all('/*', async (request) => describeWebhook(fastify.readWebhook(request)))
    await app.ready()
    return (req, res) => handle(req, res)
  },
  'hono 4'(options, before) {
    const app = new Hono<{ Bindings: { incoming: IncomingMessage }; Variables: hono.TwilioVariables }>()
    app.use(async (c, next) => {
      await before(c.env.incoming)
      await next()
    })
    app.use(hono.twilioWebhook(options)).all('*', (c) => c.text(describeWebhook(c.var.twilio)))
    return getRequestListener(app.fetch as never) as Listener
  },
  'h3 1'(options, before) {
    const app = h3v1.createApp({ onError: () => undefined })
    app.use(h3v1.eventHandler(async (event) => void (await before(event.node.req))))
    app.use(h3.twilioWebhook(options) as unknown as (event: h3v1.H3Event) => Promise<void>)
    return h3v1.toNodeListener(
      app.use(h3v1.eventHandler(({ context }) => describeWebhook(h3.readWebhook({ twilio: context.twilio })))),
    )
  },
  'h3 2'(options, before) {
    const app = new H3({ silent: true })
    app.use(async (event) => void (await before(event.runtime?.node?.req as IncomingMessage)))
    app.use(h3.twilioWebhook(options)).all('/**', ({ context }) => describeWebhook(h3.readWebhook(context)))
    return toNodeHandler(app) as unknown as Listener
  },
}

function listenWithKoa(app: Koa3, options: VerifierOptions, before: Before): Listener {
  app.silent = true
  app.use(async ({ req }, next) => {
    await before(req)
    return next()
  })
  app.use(koa.twilioWebhook(options))
  app.use((ctx) => {
    ctx.body = describeWebhook(ctx.state.twilio)
  })
  return app.callback()
}

type Deliver = (signed: Signed, framing?: 'length' | 'none' | 'end with the headers') => Promise<string>

/** Starts a real HTTP/2 server, and returns the status and the text of an answer. */
async function start(name: string, before: Before = async () => undefined): Promise<Deliver> {
  const codes: string[] = []
  const onVerdict: VerifierOptions['onVerdict'] = (verdict) => codes.push(verdict.ok ? 'ok' : verdict.code)
  const listener = await servers[name]?.({ publicUrl: origin, authToken: token, onVerdict }, before)
  const server = createServer((req, res) => void listener?.(req as never, res as never))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return async ({ method, url, headers, body = '' }, framing = 'none') => {
    const { host: authority, ...others } = headers
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const head = { ':method': method, ':path': url, ':authority': authority, ...others }
    const length = framing === 'length' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
    const stream = client.request({ ...head, ...length }, { endStream: framing === 'end with the headers' })
    if (framing !== 'end with the headers') stream.end(body)
    const [answer] = await once(stream, 'response')
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    client.close()
    return answer[':status'] === 200 ? `200 ${text}` : `${answer[':status']} ${codes.at(-1)}`
  }
}

const readAll: Before = async (req) => void (await req.toArray())
/** Parses the body, as some platforms do. */
const parse: Before = async (req) => {
  const text = Buffer.concat(await req.toArray()).toString()
  Object.assign(req, { body: Object.fromEntries(new URLSearchParams(text)) })
}

describe.each(Object.keys(servers))('%s over HTTP/2', (name) => {
  test('unread bodies', async () => {
    const deliver = await start(name)
    for (const framing of ['length', 'none'] as const) {
      expect(await deliver(await makeRequest(), framing)).toBe('200 params')
      expect(await deliver(await makeJsonRequest({ a: 1 }), framing)).toBe('200 body')
      expect(await deliver(await makeRequest({ body: '<a/>', contentType: 'text/xml' }), framing)).toBe(
        '403 body_unsigned',
      )
    }
    for (const method of ['GET', 'POST'])
      for (const framing of ['none', 'end with the headers'] as const)
        expect(await deliver(await makeRequest({ method, params: [], body: '', contentType: null }), framing)).toBe(
          '200 url',
        )
  })

  test.each([
    ['reads', readAll],
    ['parses', parse],
  ])('a body that the application %s before the guard does not count as empty', async (_how, before) => {
    const deliver = await start(name, before)
    // The signature covers only the URL. Without its body, this would look like a request without
    // one.
    const forged = await makeRequest({ body: 'Body=forged', contentType: formType, signed: `${origin}/sms` })
    for (const framing of ['length', 'none'] as const)
      for (const signed of [forged, await makeRequest(), await makeJsonRequest({ a: 1 })])
        expect(await deliver(signed, framing)).toMatch(/^(500 body_already_consumed|403 body_malformed)$/)
  })

  test('an empty body that the application reads before the guard counts as empty', async () => {
    const deliver = await start(name, readAll)
    const empty = await makeRequest({ params: [], body: '', contentType: null })
    // The srvx of h3 2 makes no Request from a stream that has ended.
    const expected = name === 'h3 2' ? '403 body_malformed' : '200 url'
    for (const framing of ['none', 'end with the headers'] as const)
      expect(await deliver(empty, framing)).toBe(expected)
  })
})
