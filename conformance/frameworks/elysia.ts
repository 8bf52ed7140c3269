import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { node } from '@elysiajs/node'
import { getRequestListener } from '@hono/node-server'
import { Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import type { Framework, ParserBefore, Running } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'
import { serve } from './listen.ts'

const kept: ParserBefore = { form: 'accepted', json: 'accepted', keepsNames: true }
const lost: ParserBefore = { form: 'consumed', json: 'consumed', keepsNames: false }

function parse(headers: Headers, text: string): unknown {
  return headers.get('content-type') === 'application/json'
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text))
}

function makeApp(
  { options, handle, before, after, mountedAt = '' }: Scenario,
  app: Elysia,
): { fetch: Elysia['fetch'] } {
  if (before === 'onParse') app.onParse(({ request }) => request.text())
  if (before === 'onParse of a clone') app.onParse(({ request }) => request.clone().text())
  app.onError(() => new Response('Internal Server Error', { status: 500 }))
  const guarded = app.use(twilioWebhook(options))
  for (const path of [mountedAt || '/', `${mountedAt}/*`])
    guarded.all(
      path,
      async ({ twilio, request }) => {
        const text = after === 'request.text' ? await request.text() : ''
        const { status, headers, body } = await handle(twilio, text ? parse(request.headers, text) : undefined)
        return new Response(body || null, { status, headers })
      },
      { twilio: true },
    )
  return guarded
}

/** Through the web handler of Elysia, on the listener of another package, which tells the peer as Bun does. */
async function startWeb(scenario: Scenario, aot: boolean): Promise<Running> {
  const app = new Elysia({ aot })
  const { fetch } = makeApp(scenario, app)
  const peers = new WeakMap<Request, string | undefined>()
  const requestIP = (request: Request): { address: string } => ({ address: peers.get(request) ?? '' })
  Object.assign(app, { server: { requestIP } })
  const listener = getRequestListener((request, { incoming }) => {
    peers.set(request, incoming.socket.remoteAddress)
    return fetch(request)
  })
  return serve(createServer(listener))
}

async function startNode(scenario: Scenario): Promise<Running> {
  const app = new Elysia({ adapter: node() })
  makeApp(scenario, app)
  const listeners = process.listeners('beforeExit')
  const server = await new Promise<Server>((resolve) => {
    app.listen({ port: 0, hostname: '127.0.0.1' }, (info) =>
      resolve((info as unknown as { readonly node: { readonly server: Server } }).node.server),
    )
  })
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  // The adapter waits for the end of the process, once for each server.
  for (const listener of process.listeners('beforeExit'))
    if (!listeners.includes(listener)) process.off('beforeExit', listener)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const common = {
  paths: false,
  mounts: true,
  stacks: false,
  appBody: true,
  parsersBefore: { onParse: lost, 'onParse of a clone': kept },
  parsersAfter: ['request.text'],
} as const

const noBody = { 'a GET with a body': 'a Request cannot be one, so that the platform drops the body' }

export const elysia: readonly Framework[] = [
  { ...common, name: 'elysia 1.4, web handler', start: (scenario) => startWeb(scenario, true), exceptions: noBody },
  // What Elysia does where code must not be compiled, as on Workers.
  {
    ...common,
    name: 'elysia 1.4, web handler without aot',
    start: (scenario) => startWeb(scenario, false),
    exceptions: noBody,
  },
  { ...common, name: 'elysia 1.4, @elysiajs/node', start: startNode, exceptions: noBody },
]
