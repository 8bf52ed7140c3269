import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { Client } from './client.ts'
import { defaultTimeoutMs } from './config-snapshot.ts'
import type { GatewayOptions } from './options.ts'

export interface Listeners {
  onRequest(client: Client): void
  onUpgrade(req: IncomingMessage, socket: Socket, first: Uint8Array): void
  onConnect(req: IncomingMessage, socket: Socket): void
  /** @param status answers a request that cannot be parsed, or does not come in time; `undefined`: the connection itself failed. */
  onBroken(socket: Socket, status: number | undefined): void
}

/** How long the head of a request may take, in milliseconds, and before it the TLS handshake. */
const longestHeadMs = 10_000

/** Settings of every server that reads requests to verify. */
export const commonSettings = {
  noDelay: true,
  // Longer than the idle limit of load balancers (60 s at AWS and others), so that they close first.
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
  // The most that is buffered of a body before it is read. Newer releases of Node.js have this value as their default.
  highWaterMark: 64 * 1024,
  insecureHTTPParser: false,
}

/** Makes a server call `onRequest` for every request, whatever it expects, and with all of its header lines. */
export function readRequests(server: Server, onRequest: (req: IncomingMessage, res: ServerResponse) => void): void {
  // By default Node.js leaves out the lines after the 2,000th. `maxHeaderSize` limits them as well.
  server.maxHeadersCount = 0
  // By default Node.js grants `100-continue` at once, before the verifier wants the body.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest)
}

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** The listener for Twilio's requests. Throws where the certificate cannot be read. */
export function createHttpServer(options: GatewayOptions, listeners: Listeners): Server {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const settings = {
    ...commonSettings,
    keepAlive: true,
    headersTimeout: longestHeadMs,
    requestTimeout: Math.max(longestHeadMs, timeoutMs),
    connectionsCheckingInterval: 1000,
  }
  const tls = options.listen?.tls
  const server =
    tls === undefined
      ? createServer(settings)
      : createTlsServer({ ...settings, ...readCertificate(tls), handshakeTimeout: Math.min(longestHeadMs, timeoutMs) })
  readRequests(server, (req, res) => listeners.onRequest(new Client(req, res)))
  server.on('upgrade', listeners.onUpgrade)
  server.on('connect', listeners.onConnect)
  // TLS errors come here, too, and then there is nobody to answer: a handshake that failed, or was too slow.
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) =>
    listeners.onBroken(socket as Socket, statuses[code] ?? (code.startsWith('HPE_') ? 400 : undefined)),
  )
  return server
}

/** Takes a renewed certificate for the connections to come. */
export function renewCertificate(server: Server, options: GatewayOptions): void {
  const tls = options.listen?.tls
  if (tls !== undefined && 'setSecureContext' in server) (server as TlsServer).setSecureContext(readCertificate(tls))
}

function readCertificate({ certFile, keyFile }: { certFile: string; keyFile: string }): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Resolves with the URL that was bound. */
export async function bind(server: Server, scheme: string, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
