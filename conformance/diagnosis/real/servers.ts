import type { AddressInfo } from 'node:net'
import formbody from '@fastify/formbody'
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { getRequestListener } from '@hono/node-server'
import fastify, { type FastifyRequest } from 'fastify'
import { type Context, Hono } from 'hono'
import type { SeenRequest } from '../setup.ts'
import type { Sent } from '../webhooks.ts'
import { deliver, withServer } from './capture.ts'
import { asConsumed, named, type RealRow } from './row.ts'

function seeWithFastify(look: (request: FastifyRequest) => Partial<SeenRequest>, strip = '') {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    const app = fastify({ rewriteUrl: ({ url = '' }) => url.slice(url.startsWith(strip) ? strip.length : 0) })
    await app.register(formbody)
    app.all('/*', (request, reply) => {
      seen = { method: request.method, url: request.url, headers: { ...request.headers }, ...look(request) }
      return reply.send('')
    })
    try {
      await app.listen({ port: 0, host: '127.0.0.1' })
      await deliver(sent, (app.server.address() as AddressInfo).port)
    } finally {
      await app.close()
    }
    if (seen === undefined) throw new Error('Fastify did not reach the handler.')
    return seen
  }
}

function seeWithHono(look: (c: Context) => Promise<Partial<SeenRequest>>, at?: string) {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    const inner = new Hono().all('*', async (c) => {
      const { method, url, headers } = c.req.raw
      seen = { method, url, headers: Object.fromEntries(headers), ...(await look(c)) }
      return c.text('')
    })
    const app = at === undefined ? inner : new Hono().mount(at, inner.fetch)
    await withServer(getRequestListener(app.fetch), (port) => deliver(sent, port))
    if (seen === undefined) throw new Error('Hono did not reach the handler.')
    return seen
  }
}

let count = 0

function seeWithFunctionsFramework(look: (body: unknown, rawBody: Buffer) => Partial<SeenRequest>) {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    const name = `corpus${count++}`
    http(name, (req, res) => {
      const rawBody = (req as { readonly rawBody?: Buffer }).rawBody ?? Buffer.alloc(0)
      seen = { method: req.method, url: req.originalUrl, headers: { ...req.headers }, ...look(req.body, rawBody) }
      res.end()
    })
    const server = getTestServer(name)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await deliver(sent, (server.address() as AddressInfo).port)
    } finally {
      server.closeAllConnections()
      server.close()
    }
    if (seen === undefined) throw new Error('functions-framework did not reach the function.')
    return seen
  }
}

const raw = async (c: Context) => ({ body: new Uint8Array(await c.req.arrayBuffer()) })

export const serverRows: readonly RealRow[] = [
  {
    name: '@fastify/formbody',
    origin: named('@fastify/formbody'),
    webhook: 'message-status-delivered',
    see: seeWithFastify(({ body }) => asConsumed(body)),
    expected: ['body_already_parsed'],
  },
  {
    name: '@fastify/formbody, repeats',
    origin: named('@fastify/formbody'),
    webhook: 'conversations-onConversationAdd-repeated',
    see: seeWithFastify(({ body }) => asConsumed(body)),
    expected: ['body_already_parsed'],
  },
  {
    name: '@fastify/formbody, and http',
    origin: named('@fastify/formbody'),
    webhook: 'voice-inbound',
    options: { publicUrl: 'http://app.example.com' },
    see: seeWithFastify(({ body }) => asConsumed(body)),
    expected: ['body_already_parsed', 'scheme'],
  },
  {
    name: 'the JSON of Fastify, written again',
    origin: named('fastify'),
    webhook: 'studio-http-request-json',
    see: seeWithFastify(({ body }) => ({ body: JSON.stringify(body) })),
    expected: ['body_reserialized'],
  },
  {
    name: 'rewriteUrl of Fastify strips a prefix',
    origin: named('fastify'),
    webhook: 'event-streams-batch',
    wish: { url: 'https://app.example.com/api/events?source=1' },
    see: seeWithFastify(({ body }) => ({ body: JSON.stringify(body) }), '/api'),
    expected: ['path_prefix'],
  },
  {
    name: 'parseBody() of Hono keeps the last of repeats',
    origin: named('hono'),
    webhook: 'conversations-onConversationAdd-repeated',
    see: seeWithHono(async (c) => ({ params: await c.req.parseBody() })),
    expected: ['params_repeats_dropped'],
  },
  {
    name: 'parseBody() of Hono',
    origin: named('hono'),
    webhook: 'transcription-legacy',
    see: seeWithHono(async (c) => asConsumed(await c.req.parseBody())),
    expected: ['body_already_parsed'],
  },
  {
    name: 'parseBody() of Hono with dots',
    origin: named('hono'),
    webhook: 'conversations-onConversationAdd-repeated',
    wish: { pairs: (pairs) => pairs.filter(([name], at) => pairs.findIndex((pair) => pair[0] === name) === at) },
    see: seeWithHono(async (c) => ({ params: JSON.parse(JSON.stringify(await c.req.parseBody({ dot: true }))) })),
    expected: ['params_nested'],
  },
  {
    name: 'json() of Hono, written again',
    origin: named('hono'),
    webhook: 'studio-http-request-json',
    see: seeWithHono(async (c) => ({ body: JSON.stringify(await c.req.json()) })),
    expected: ['body_reserialized'],
  },
  {
    name: 'mount() of Hono strips a prefix',
    origin: named('hono'),
    webhook: 'sms-inbound',
    wish: { url: 'https://app.example.com/twilio/sms' },
    see: seeWithHono(raw, '/twilio'),
    expected: ['path_prefix'],
  },
  {
    name: 'mount() of Hono, and the URL of @hono/node-server',
    origin: named('@hono/node-server'),
    webhook: 'voice-gather-dtmf',
    wish: { url: 'https://app.example.com/api/gather?step=2' },
    options: { signedUrl: ({ url }) => url },
    see: seeWithHono(raw, '/api'),
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'the URL of @hono/node-server',
    origin: named('@hono/node-server'),
    webhook: 'voice-status-completed',
    options: { signedUrl: ({ url }) => url },
    see: seeWithHono(raw),
    expected: ['scheme'],
  },
  {
    name: 'the URL of @hono/node-server, with capitals in Host',
    origin: named('@hono/node-server'),
    webhook: 'sms-inbound',
    wish: { url: 'http://Hooks.Example.com/twilio/sms' },
    options: { signedUrl: ({ url }) => url },
    see: seeWithHono(raw),
    expected: ['host_case'],
  },
  {
    name: 'the body of functions-framework',
    origin: named('@google-cloud/functions-framework'),
    webhook: 'mms-inbound-two-media',
    see: seeWithFunctionsFramework((body) => asConsumed(body)),
    expected: ['body_already_parsed'],
  },
  {
    name: 'the JSON of functions-framework, written again',
    origin: named('@google-cloud/functions-framework'),
    webhook: 'studio-http-request-json',
    see: seeWithFunctionsFramework((body) => ({ body: JSON.stringify(body) })),
    expected: ['body_reserialized'],
  },
  {
    name: 'functions-framework, brackets',
    origin: named('@google-cloud/functions-framework'),
    webhook: 'taskrouter-event',
    wish: { pairs: (pairs) => [...pairs, ['Custom[team]', 'south']] },
    see: seeWithFunctionsFramework((body) => ({ params: body })),
    expected: ['params_nested'],
  },
]
