import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { Client } from './client.ts'
import { defaultTimeoutMs } from './config-snapshot.ts'
import type { GatewayOptions } from './options.ts'

export interface Listeners {
  onRequest(client: Client): void
  onUpgrade(req: IncomingMessage, socket: Socket, first: Uint8Array): void
  onConnect(req: IncomingMessage, socket: Socket): void
  /** @param status what answers a request that cannot be parsed, or does not come in time. */
  onBroken(error: NodeJS.ErrnoException, socket: Socket, status: number): void
}

/** Longer than the idle limit of load balancers (60 s at AWS and others), so that they close first. */
export const keptMs = 75_000

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** The listener for Twilio's requests. Throws where the certificate cannot be read. */
export function createHttpServer(options: GatewayOptions, listeners: Listeners): Server {
  const settings = {
    keepAlive: true,
    noDelay: true,
    keepAliveTimeout: keptMs,
    headersTimeout: 10_000,
    requestTimeout: Math.max(10_000, options.timeoutMs ?? defaultTimeoutMs),
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
  }
  const tls = options.listen?.tls
  const server = tls === undefined ? createServer(settings) : createTlsServer({ ...settings, ...readCertificate(tls) })
  // Before the verifier wants the body, nobody is told to send it.
  for (const event of ['request', 'checkContinue', 'checkExpectation'])
    server.on(event, (req, res) => listeners.onRequest(new Client(req, res)))
  server.on('upgrade', listeners.onUpgrade)
  server.on('connect', listeners.onConnect)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    listeners.onBroken(error, socket as Socket, statuses[error.code ?? ''] ?? 400),
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
