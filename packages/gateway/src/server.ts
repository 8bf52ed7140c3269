import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerOnSocket } from './answers.ts'
import { Client } from './client.ts'
import { defaultTimeoutMs } from './config-snapshot.ts'
import type { GatewayOptions } from './options.ts'
import { breakRequest, closeAfterAnswers, hasPendingAnswers, keepAnswering } from './pending-answers.ts'
import { createBareReport, type Report } from './report.ts'

/** Receives the events of the HTTP server. */
interface Listeners {
  onRequest(client: Client): void
  onUpgrade(req: IncomingMessage, socket: Socket, first: Uint8Array): void
  onConnect(req: IncomingMessage, socket: Socket): void
  /** Called for a request that was refused without being read. */
  onUnread(report: Report): void
}

/** The time limit of a request's head, and of a TLS handshake before it. */
const longestHeadMs = 10_000

/** The settings of all servers that read requests to verify. */
export const commonSettings = {
  noDelay: true,
  // Longer than the idle limit of load balancers (60 s on AWS and others), so that they close
  // first.
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
  // The bytes of a body that are buffered before it is read. Newer Node.js releases have this
  // default.
  highWaterMark: 64 * 1024,
  insecureHTTPParser: false,
}

/**
 * Makes a server call `onRequest` for every request, with all header lines and any `Expect` header.
 */
export function readRequests(server: Server, onRequest: (req: IncomingMessage, res: ServerResponse) => void): void {
  // By default Node.js drops the header lines after the 2,000th. `maxHeaderSize` still limits them.
  server.maxHeadersCount = 0
  // By default Node.js answers `100 Continue` at once, before the verifier asks for the body.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest)
}

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/**
 * Creates the server for Twilio's requests.
 * @throws Error if the certificate cannot be read
 */
export function createHttpServer(options: GatewayOptions, listeners: Listeners): Server {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const settings = {
    ...commonSettings,
    keepAlive: true,
    headersTimeout: longestHeadMs,
    requestTimeout: readRequestTimeout(options),
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
  listenForBroken(server, listeners.onUnread)
  return server
}

/**
 * Refuses what a server cannot parse, and what does not arrive in time.
 * @param onUnread Called for what belongs to no request.
 */
export function listenForBroken(server: Server, onUnread: (report: Report) => void): void {
  const refused = new WeakSet<Duplex>()
  // This event also reports TLS handshakes that failed or were too slow. They cannot be answered.
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    // In the middle of a request the client ended its side, and Node.js leaves the other side open.
    const hasLeft = code === 'HPE_INVALID_EOF_STATE' && hasPendingAnswers(socket as Socket)
    const status = hasLeft ? undefined : (statuses[code] ?? (code.startsWith('HPE_') ? 400 : undefined))
    if (status === undefined) socket.destroy()
    // Node.js reports every piece that arrives after the first.
    if (status === undefined || refused.has(socket)) return
    refused.add(socket)
    if (!breakRequest(socket as Socket, status)) refuseUnread(socket as Socket, status, onUnread)
  })
}

/**
 * Refuses an upgrade or a CONNECT, for which Node.js has removed its own listeners from the
 * connection.
 * @param given the fields of the report that are known
 */
export function refuseTunnel(socket: Socket, onUnread: (report: Report) => void, given: Partial<Report>): void {
  keepAnswering(socket)
  refuseUnread(socket, 403, onUnread, given)
}

/**
 * Answers a request that was not read. Behind unanswered requests it gets no answer: the connection
 * closes after the answers to those. A connection without a byte, such as one that a load balancer
 * opens early, is not a request.
 */
function refuseUnread(
  socket: Socket,
  status: number,
  onUnread: (report: Report) => void,
  given: Partial<Report> = {},
): void {
  const isBehind = closeAfterAnswers(socket)
  if (socket.bytesRead > 0)
    onUnread(
      isBehind
        ? createBareReport(0, { code: 'pipelined', ...given })
        : createBareReport(socket.writable ? status : 0, given),
    )
  if (!isBehind) answerOnSocket(socket, status)
}

/** Reads the certificate again, for new connections, and sets the time limit. */
export function renewSettings(server: Server, options: GatewayOptions): void {
  const tls = options.listen?.tls
  if (tls !== undefined && 'setSecureContext' in server) (server as TlsServer).setSecureContext(readCertificate(tls))
  server.requestTimeout = readRequestTimeout(options)
}

function readRequestTimeout({ timeoutMs = defaultTimeoutMs }: GatewayOptions): number {
  return Math.max(longestHeadMs, timeoutMs)
}

/** Reads the files of a certificate and its key. */
export function readCertificate({ certFile, keyFile }: { certFile: string; keyFile: string }): {
  cert: Buffer
  key: Buffer
} {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Binds a server and returns its URL. */
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

/**
 * How long the listener stays open so that load balancers notice. Answers then have as long to
 * arrive.
 */
const lingerMs = 1000

/**
 * Returns the open connections of a server. They include connections in a TLS handshake, which
 * `closeAllConnections()` does not close.
 */
export function followSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

/** How a server stops. */
interface StopOptions {
  readonly sockets: ReadonlySet<Socket>
  readonly graceMs: number
  /** Returns true if no request is in flight. */
  isIdle(): boolean
}

/**
 * Stops a server gracefully. It serves for one more second and closes the listener. Then it waits
 * for requests in flight, up to `graceMs` in total, and closes every connection.
 */
export async function stopServer(server: Server, { sockets, graceMs, isIdle }: StopOptions): Promise<void> {
  if (!server.listening) return
  const end = Date.now() + graceMs
  const waitFor = async (condition: () => boolean, ms: number): Promise<void> => {
    const until = Math.min(end, Date.now() + ms)
    while (Date.now() < until && !condition()) await sleep(20)
  }
  await waitFor(() => sockets.size === 0, lingerMs)
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await waitFor(isIdle, graceMs)
  await waitFor(() => sockets.size === 0, lingerMs)
  for (const socket of sockets) socket.destroy()
  await closed
}
