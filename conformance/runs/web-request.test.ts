import { createServer, type Server, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { serve as serveHono } from '@hono/node-server'
import { H3, serve as serveH3 } from 'h3'
import { Hono } from 'hono'
import { twilioWebhook as guardFetch } from 'tollgate/fetch'
import { twilioWebhook as guardH3 } from 'tollgate/h3'
import { twilioWebhook as guardHono } from 'tollgate/hono'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { origin, sms, token } from '../kit/draft.ts'

// A handler reads its Request in every way, behind a guard and without one, on real servers. Both
// must give the same result.

type Read = (request: Request) => unknown
type Handler = (request: Request) => Promise<Response>

const options = { publicUrl: origin, authToken: token }
const form = signRequest({ url: `${origin}/sms`, params: sms, authToken: token })
const json = signRequest({ url: `${origin}/sms`, body: '{"a":" ü "}', authToken: token })
const get = signRequest({
  url: `${origin}/sms?${new URLSearchParams(sms.map((pair) => [...pair]))}`,
  method: 'GET',
  authToken: token,
})

const text = (body: Blob | Uint8Array | ArrayBuffer): Promise<string> => new Response(body as BodyInit).text()
const drain = async (body: ReadableStream | null): Promise<string> => (body ? new Response(body).text() : 'no body')

const reads: Readonly<Record<string, Read>> = {
  text: (request) => request.text(),
  json: (request) => request.json(),
  formData: async (request) => [...(await request.formData())],
  blob: async (request) => {
    const blob = await request.blob()
    return [blob.type, await text(blob)]
  },
  arrayBuffer: async (request) => text(await request.arrayBuffer()),
  bytes: async (request) => text(await Object(request).bytes()),
  body: (request) => drain(request.body),
  'clone, and then the request': async (request) => [await request.clone().text(), await request.text()],
  'the request, and then its clone': async (request) => {
    const clone = request.clone()
    return [await request.text(), await clone.text(), request.bodyUsed, clone.bodyUsed]
  },
  'text twice': async (request) => [await request.text(), await request.text()],
  'clone of a used one': async (request) => [await request.text(), await request.clone().text()],
  'bodyUsed before and after': async (request) => [request.bodyUsed, await request.text(), request.bodyUsed],
  'text and then the stream': async (request) => [await request.text(), request.body?.locked ?? null],
  nothing: () => 'unread',
  'new Request(request)': async (request) => {
    const copy = new Request(request)
    return [copy.method, copy.headers.get('content-type'), await copy.text(), request.bodyUsed]
  },
  'new Request(request, init)': async (request) => {
    const copy = new Request(request, { headers: { 'x-other': '1' } })
    return [copy.headers.get('x-other'), await copy.text()]
  },
  'new Request of a used one': async (request) => [await request.text(), new Request(request).method],
  'fetch(request)': async (request) => (await fetch(request)).text(),
  'fetch(new Request(request))': async (request) => (await fetch(new Request(request))).text(),
  'fetch(url, request)': async (request) => {
    const init = { method: request.method, headers: request.headers, body: request.body, duplex: 'half' }
    return (await fetch(request.url, init as RequestInit)).text()
  },
}

async function report(read: Read, request: Request): Promise<Response> {
  try {
    return Response.json({ value: (await read(request)) ?? null })
  } catch (error) {
    return Response.json({ error: Object(error).name })
  }
}

/** Starts a real server, with a guard or without one. */
type Start = (handle: Handler, isGuarded: boolean) => Promise<{ readonly port: number; close(): unknown }>

const toAddress = (server: unknown): { port: number; close(): unknown } => {
  const { port } = (server as Server).address() as AddressInfo
  return { port, close: () => (server as Server).close() }
}
const listening = (server: Server): Promise<unknown> => new Promise((resolve) => server.once('listening', resolve))

const servers: Readonly<Record<string, Start>> = {
  async 'fetch on @hono/node-server'(handle, isGuarded) {
    const fetch = isGuarded ? guardFetch(options, (_webhook, request: Request) => handle(request)) : handle
    const server = serveHono({ fetch, hostname: '127.0.0.1', port: 0 }) as Server
    await listening(server)
    return toAddress(server)
  },
  async 'hono on @hono/node-server'(handle, isGuarded) {
    const app = new Hono()
    if (isGuarded) app.use(guardHono(options))
    app.all('*', (c) => handle(c.req.raw))
    const server = serveHono({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server
    await listening(server)
    return toAddress(server)
  },
  async 'h3 2 on srvx'(handle, isGuarded) {
    const app = new H3()
    if (isGuarded) app.use(guardH3(options))
    app.all('/**', (event) => handle(event.req as unknown as Request))
    const server = serveH3(app, { hostname: '127.0.0.1', port: 0, silent: true })
    await server.ready()
    return { port: Number(new URL(server.url ?? '').port), close: () => server.close(true) }
  },
  async 'fetch on srvx'(handle, isGuarded) {
    const fetch = isGuarded ? guardFetch(options, (_webhook, request: Request) => handle(request)) : handle
    const server = serveH3({ fetch } as never, { hostname: '127.0.0.1', port: 0, silent: true })
    await server.ready()
    return { port: Number(new URL(server.url ?? '').port), close: () => server.close(true) }
  },
  async 'fetch on Requests of Node.js'(handle, isGuarded) {
    const guarded = guardFetch(options, (_webhook, request: Request) => handle(request))
    const server = createServer(async (req, res) => {
      const hasBody = req.method !== 'GET'
      const request = new Request(`http://${req.headers.host}${req.url}`, {
        method: req.method ?? '',
        headers: Object.entries(req.headers) as [string, string][],
        ...(hasBody && { body: Readable.toWeb(req) as ReadableStream<Uint8Array>, duplex: 'half' }),
      })
      const answer = await (isGuarded ? guarded : handle)(request)
      res.writeHead(answer.status).end(await answer.text())
    }).listen(0, '127.0.0.1')
    await listening(server)
    return toAddress(server)
  },
}

/** Answers what it got. `fetch(request)` goes to the Host of the request, which is this server. */
const echo = createServer(async (req, res) => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  res.end(JSON.stringify([req.method, req.url, req.headers['content-type'], Buffer.concat(chunks).toString()]))
})
let host = ''
beforeAll(async () => {
  echo.listen(0, '127.0.0.1')
  await listening(echo)
  host = `127.0.0.1:${(echo.address() as AddressInfo).port}`
})
afterAll(() => void echo.close())

type Signed = typeof form

function post(port: number, { method, url, headers, body }: Signed, { chunked = false, read = '' }): Promise<string> {
  const target = url.slice(origin.length)
  const length = body === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = send(
      { port, method, path: target, headers: { ...headers, host, 'x-read': read, ...length } },
      (answer) => {
        answer.setEncoding('utf8')
        let all = String(answer.statusCode)
        answer.on('data', (chunk) => {
          all += chunk
        })
        answer.on('end', () => resolve(all))
      },
    ).on('error', reject)
    // In two pieces, so that the server gets two chunks.
    const bytes = Buffer.from(body ?? '')
    sent.write(bytes.subarray(0, 5), () => sent.end(bytes.subarray(5)))
  })
}

describe.each(Object.entries(servers))('%s', (name, start) => {
  const isSrvx = name.endsWith('srvx')
  let guarded: Awaited<ReturnType<Start>>
  let plain: Awaited<ReturnType<Start>>
  beforeAll(async () => {
    const handle: Handler = (request) => report(reads[request.headers.get('x-read') ?? ''] as Read, request)
    guarded = await start(handle, true)
    plain = await start(handle, false)
  })
  afterAll(async () => {
    await guarded.close()
    await plain.close()
  })

  test.each(Object.keys(reads))('%s', async (read) => {
    // A Request without a declared length is cloned. Then srvx follows the standard in these two.
    const lengths = isSrvx && /^(clone of a used one|text and then the stream)$/.test(read) ? [false] : [false, true]
    for (const signed of [form, json, get])
      for (const chunked of lengths) {
        const [one, other] = [
          await post(guarded.port, signed, { chunked, read }),
          await post(plain.port, signed, { chunked, read }),
        ]
        expect(one, `${signed.method} ${signed.url} ${chunked}`).toBe(other)
        expect(one).toMatch(/^200/)
      }
  })

  test('a forged body is refused, and the connection serves the next request', async () => {
    const forged = { ...form, body: `${form.body}&x=1` }
    expect(await post(guarded.port, forged as Signed, { read: 'text' })).toMatch(/^403/)
    expect(await post(guarded.port, form, { read: 'text' })).toMatch(/^200/)
  })
})
