import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { makeRandomToken } from '../checks/secrets.ts'
import { recordVerdict } from './sent.ts'
import {
  readTestOptions,
  type SignedTestRequest,
  signTestRequest,
  type TestServer,
  type TestServerOptions,
  type TestSetting,
} from './test-server.ts'

export type { TestRequest, TestServer, TestServerOptions, TestSetting } from './test-server.ts'

/**
 * A request listener (an Express app, Koa's `callback()`), or a server that is not listening yet
 * (Fastify's `server`). A server also gets WebSocket handshakes, if it listens to `upgrade`.
 */
export type NodeApplication = RequestListener | Server

/**
 * Tests an application that listens with Node.js. It runs on a free port of 127.0.0.1, and requests
 * go through a real socket. The Host header is that of the public URL.
 *
 * @param makeApplication is called once, with the public URL and the Auth Token for the
 *   application's options. It may set environment variables, and then import a module that reads
 *   them.
 * @returns a server whose `send` rejects if the connection breaks before the response ends. Call
 *   `close` after the tests.
 * @throws TypeError for an unknown option, or if `makeApplication` does not return an application.
 */
export async function testServer(
  makeApplication: (setting: TestSetting) => NodeApplication | Promise<NodeApplication>,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const publicUrl = readTestOptions(makeApplication, options)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const setting = { url: publicUrl ?? `http://127.0.0.1:${port}`, authToken: makeRandomToken() }
  const upgraded = new Set<Duplex>()
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    // Node.js does not count these connections any more, but waits for them.
    for (const socket of upgraded) socket.destroy()
    await closed
  }
  try {
    const application = await makeApplication(setting)
    server.on('request', readApplication(application))
    // Without a listener, Node.js gives a request with upgrade headers to the `request` listener.
    if (application instanceof Server && application.listenerCount('upgrade') > 0)
      server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
        upgraded.add(socket.once('close', () => upgraded.delete(socket)))
        application.emit('upgrade', req, socket, head)
      })
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...setting,
    async send(path, request, overrides?: Readonly<Record<string, string>>) {
      const signed = signTestRequest(setting, path, request, overrides)
      return recordVerdict(signed, () => sendOverSocket(signed, port, new URL(setting.url).host))
    },
    close,
  }
}

function readApplication(application: unknown): RequestListener {
  if (application instanceof Server) return (req, res) => void application.emit('request', req, res)
  if (typeof application === 'function') return application as RequestListener
  throw new TypeError('testServer needs a function that returns a request listener or a server of node:http')
}

// Not fetch: it changes how URLs are written, and sets its own Host.
async function sendOverSocket(
  { method, target, headers, body }: SignedTestRequest,
  port: number,
  host: string,
): Promise<Response> {
  const path = target.startsWith('/') ? target : `/${target}`
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers: { ...headers, host }, agent: false })
  // An application may answer before it has read the whole body. Writing the rest then fails.
  outgoing.on('error', () => undefined).end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer
  const answered = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) answered.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  const bytes = await buffer(answer)
  return new Response([204, 205, 304].includes(status) ? null : bytes, { status, statusText, headers: answered })
}
