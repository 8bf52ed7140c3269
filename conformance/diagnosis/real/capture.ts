import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SeenRequest } from '../setup.ts'
import { hostOf, type Sent, targetOf } from '../webhooks.ts'

/** A server on a free port of 127.0.0.1, as long as `use` lasts. */
export async function withServer<T>(listener: RequestListener, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

export async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads a request of a Node.js server, byte for byte. Handshakes are included. */
export async function readSeen(req: IncomingMessage): Promise<SeenRequest> {
  const body = await readAll(req)
  return {
    method: req.method ?? '',
    url: req.url ?? '',
    headers: { ...req.headers },
    ...(req.headers.upgrade !== undefined && { handshake: true }),
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  }
}

/**
 * Sends a genuine request over a socket, as Twilio would send it to `port`; resolves once it is
 * answered.
 */
export function deliver(sent: Sent, port: number, { tls = false } = {}): Promise<number> {
  const { host, ...headers } = { ...sent.headers, host: hostOf(sent.url) }
  const options = {
    host: '127.0.0.1',
    port,
    method: sent.method,
    path: targetOf(sent.url),
    agent: false as const,
    setHost: false,
    timeout: 10_000,
    headers: Object.entries({ host, ...headers }).flat(),
    ...(tls && { rejectUnauthorized: false, servername: 'app.example.com' }),
  }
  return new Promise((resolve, reject) => {
    const req = (tls ? requestTls : request)(options, (res) => {
      res.resume().on('end', () => resolve(res.statusCode ?? 0))
    })
    req.on('upgrade', (res, socket) => {
      socket.destroy()
      resolve(res.statusCode ?? 0)
    })
    req.on('timeout', () => req.destroy(new Error('no answer')))
    req.on('error', reject)
    req.end(sent.body)
  })
}
