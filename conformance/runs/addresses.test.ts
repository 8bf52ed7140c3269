import { connect, createServer, type Http2Server } from 'node:http2'
import { getRequestListener } from '@hono/node-server'
import { H3, serve } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'
import { twilioWebhook as guardH3 } from 'tollgate/h3'
import { twilioWebhook as guardHono } from 'tollgate/hono'
import { twilioWebhook as guardKoa } from 'tollgate/koa'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Running } from '../adapter/framework.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { replaceHeader } from '../attacks/socket-kit.ts'
import { findPort } from '../frameworks/listen.ts'
import { routedApps } from '../frameworks/routes.ts'
import { host, makeRequest, origin, token } from '../kit/draft.ts'

// Some frameworks log the malformed targets that are sent here.
for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => undefined)

const options = { publicUrl: origin, authToken: token }
const routes = ['/', '/sms', '/api/sms', '/twilio/sms', '/billing/sms', '/billing/paid', '/admin', '/:tenant/sms']

/** Requests that ran another route than the signed one: the signed path, the target, the Host. */
const rows: readonly (readonly [signed: string, target: string, host?: string])[] = [
  ['/twilio/sms', 'http:///twilio/sms'],
  ['/any/path', 'http://a%/any/path'],
  ['/sms', 'http://a:acme/sms'],
  ['/', 'http://a\\billing\\paid'],
  ['/sms', 'http://a\\billing/sms'],
  ['/', 'http://a\\admin'],
  ['/sms', 'acme://x/sms'],
  ['/?next=/sms', 'http://a?next=/sms'],
  ['/?next=/billing/paid', 'http://a?next=/billing/paid'],
  ['/api/sms', '/api/sms', 'a'],
  ['/api/sms', '/api/sms', 'a/b'],
  ['/sms', '/sms', 'a/billing'],
  ['/sms', '/sms', 'a?next='],
  ['/x/../sms', '/x/../sms'],
  ['/%2e%2e/sms', '/%2e%2e/sms'],
  ['/billing\\paid', '/billing\\paid'],
]
const requests = rows.map(([path, target, named = host]) => ({ path, target, named }))

describe.each(routedApps)('$name', ({ start }) => {
  let running: Running
  beforeAll(async () => {
    running = await start(options, routes)
  })
  afterAll(() => running.close())

  test('each route runs for its own path', async () => {
    for (const path of ['/sms', '/api/sms', '/billing/paid'])
      expect(await send(running.port, toRaw(await makeRequest({ path })))).toMatchObject({ status: 200, body: path })
  })

  test.each(requests)('A10 signed for $path, sent to $target, Host $named', async ({ path, target, named }) => {
    const request = { ...replaceHeader(await makeRequest({ path }), 'host', named), target }
    const answer = await send(running.port, request).catch(() => undefined)
    if (answer?.status === 200) expect(answer.body).toBe(path)
    else expect(answer?.status ?? 400).toBeGreaterThanOrEqual(400)
    // Refusals of the library are 403, and no request causes an error of the server.
    expect(answer?.status).not.toBe(500)
  })
})

test('A10 an unsigned request to h3 2 on Node.js, whose target has no host', async () => {
  const part = new H3({ silent: true })
    .use(guardH3({ ...options, paths: ['/api/voice'] }))
    .all('/voice', () => 'ran')
    .all('/other', () => 'ran')
  const app = new H3({ silent: true }).mount('/api', part)
  const running = serve(app, { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false })
  onTestFinished(() => running.close(true))
  await running.ready()
  const port = Number(new URL(String(running.url)).port)
  const ask = async (target: string): Promise<number> =>
    (await send(port, { method: 'POST', target, headers: [['host', host]] })).status
  expect(await ask('/api/other')).toBe(200)
  for (const target of ['/api/voice', 'http:///xx/api/voice', 'http:///api/voice', 'http://a%/api/voice'])
    expect(await ask(target)).not.toBe(200)
})

/** Servers of HTTP/2 whose handler answers with the path that the framework has read. */
const servers: Readonly<Record<string, () => Http2Server>> = {
  koa: () => {
    const app = new Koa().use(guardKoa(options)).use((ctx) => {
      ctx.body = ctx.path
    })
    app.silent = true
    return createServer(app.callback())
  },
  hono: () => {
    const app = new Hono().use(guardHono(options)).all('*', (c) => c.text(c.req.path))
    return createServer(getRequestListener(app.fetch))
  },
}

describe.each(Object.keys(servers))('HTTP/2, %s', (name) => {
  test.each([
    { ':path': '/sms', signed: '/sms', runs: true },
    { ':path': 'http://a\\voice/sms', ':scheme': 'foo', signed: '/sms' },
    { ':path': 'http://a\\admin', ':scheme': 'foo', signed: '/' },
    { ':path': 'http:///twilio/sms', signed: '/twilio/sms' },
    { ':path': '//u@h/sms\u00a0', signed: '//u@h/sms\u00a0' },
    { ':path': '/x/../sms', signed: '/x/../sms' },
  ])('A10 %o', async ({ signed, runs = false, ...pseudo }) => {
    const server = servers[name]?.() as Http2Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = connect(`http://127.0.0.1:${findPort(server)}`)
    client.on('error', () => undefined)
    onTestFinished(() => {
      client.destroy()
      server.close()
    })
    const { headers, body } = await makeRequest({ path: signed })
    const { host: _, ...fields } = headers
    const stream = client.request({ ...fields, ':method': 'POST', ':authority': host, ...pseudo })
    const status = new Promise<number>((resolve) => {
      stream.once('response', (answer) => resolve(Number(answer[':status']))).once('error', () => resolve(400))
      stream.once('close', () => resolve(400))
    })
    stream.end(body)
    expect((await status) === 200).toBe(runs)
  })
})
