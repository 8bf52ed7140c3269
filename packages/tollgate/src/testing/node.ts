import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { checkKnownOptions } from '../checks/options.ts'
import {
  type Delivery,
  makeTestToken,
  readPublicUrl,
  signDelivery,
  type TestServer,
  type TestServerOptions,
  type TestSetting,
} from './delivery.ts'
import { knownTestServerOptions } from './test-server.ts'

export type { TestRequest, TestServer, TestServerOptions, TestSetting } from './delivery.ts'

/** A request listener (an Express app, Koa's `callback()`), or a server that does not listen yet (Fastify's `server`). */
export type NodeApplication = RequestListener | Server

/**
 * Puts Twilio before a listener of Node.js's `http`, for unit tests: on a free port of 127.0.0.1, over a real socket.
 * `makeApplication` is called once, with the public URL and the Auth Token to configure the application with; it may
 * set environment variables and import a module that reads them. Call `close` when the tests are over.
 *
 * The Host header is the public URL's. An answer that breaks off rejects `send`.
 */
export async function testServer(
  makeApplication: (setting: TestSetting) => NodeApplication | Promise<NodeApplication>,
  options: TestServerOptions = {},
): Promise<TestServer> {
  checkKnownOptions(options, knownTestServerOptions, 'testServer')
  if (typeof makeApplication !== 'function')
    throw new TypeError('testServer needs a function that makes the application: testServer(({ url, authToken }) => …)')
  const given = options.publicUrl === undefined ? undefined : readPublicUrl(options.publicUrl)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const setting = { url: given ?? `http://127.0.0.1:${port}`, authToken: makeTestToken() }
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  try {
    server.on('request', readApplication(await makeApplication(setting)))
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...setting,
    send: async (path, what, overrides?: Readonly<Record<string, string>>) =>
      deliver(signDelivery(setting, path, what, overrides), port, new URL(setting.url).host),
    close,
  }
}

function readApplication(application: unknown): RequestListener {
  if (application instanceof Server) return (req, res) => void application.emit('request', req, res)
  if (typeof application === 'function') return application as RequestListener
  throw new TypeError('testServer needs a function that returns a request listener or a server of node:http')
}

// Not fetch: it re-spells URLs and sets a Host of its own.
async function deliver({ method, target, headers, body }: Delivery, port: number, host: string): Promise<Response> {
  const path = target.startsWith('/') ? target : `/${target}`
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers: { ...headers, host }, agent: false })
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer
  const answered = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) answered.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  const bytes = await buffer(answer)
  return new Response([204, 205, 304].includes(status) ? null : bytes, { status, statusText, headers: answered })
}
