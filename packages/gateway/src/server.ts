import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerOnSocket } from './answers.ts'
import type { ClientSockets } from './client-sockets.ts'
import type { AddressOptions } from './options.ts'
import { formatOrigin } from './own-listeners.ts'
import { breakRequest, closeAfterAnswers, hasPendingAnswers, keepAnswering } from './pending-answers.ts'
import { createBareReport, type Report } from './report.ts'

/** The time limit of a request's head. */
const longestHeadMs = 10_000

/** The settings of all servers that read requests to verify. */
const commonSettings = {
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

/** The settings of the server for Twilio's requests. */
export const twilioSettings = { keepAlive: true, headersTimeout: longestHeadMs, connectionsCheckingInterval: 1000 }

/** Called for what belongs to no request. */
type OnUnread = (report: Report) => void

/**
 * Creates a server that reads requests to verify. It refuses what it cannot parse, and what does
 * not arrive in time.
 * @param settings those beside the common ones
 * @param clients the connections of all such servers
 * @param onRequest called for every request, with all header lines and any `Expect` header
 */
export function createRequestServer(
  settings: ServerOptions,
  onRequest: (req: IncomingMessage, res: ServerResponse) => void,
  onUnread: OnUnread,
  clients: ClientSockets,
) {
  const server = createServer({ ...commonSettings, ...settings })
  // By default Node.js drops the header lines after the 2,000th. `maxHeaderSize` still limits them.
  server.maxHeadersCount = 0
  // By default Node.js answers `100 Continue` at once, before the verifier asks for the body.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest)
  listenForBroken(server, onUnread)
  /** The open connections, also those that became tunnels. */
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    clients.add(socket)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return { server, stop: (options: StopOptions) => stopServer(server, sockets, options) }
}

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

function listenForBroken(server: Server, onUnread: OnUnread): void {
  const refused = new WeakSet<Duplex>()
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
export function refuseTunnel(socket: Socket, onUnread: OnUnread, given: Partial<Report>): void {
  keepAnswering(socket)
  refuseUnread(socket, 403, onUnread, given)
}

/**
 * Answers a request that was not read. Behind unanswered requests it gets no answer: the connection
 * closes after the answers to those. A connection without a byte, such as one that a load balancer
 * opens early, is not a request.
 */
function refuseUnread(socket: Socket, status: number, onUnread: OnUnread, given: Partial<Report> = {}): void {
  const isBehind = closeAfterAnswers(socket)
  const sent = isBehind || !socket.writable ? 0 : status
  if (socket.bytesRead > 0) onUnread(createBareReport(sent, isBehind ? { code: 'pipelined', ...given } : given))
  if (!isBehind) answerOnSocket(socket, status)
}

/** Returns the longest time in which a request may arrive. */
export function readRequestTimeout(timeoutMs: number): number {
  return Math.max(longestHeadMs, timeoutMs)
}

/** Connections that wait while the gateway starts again. The kernel has a limit of its own. */
const backlog = 4096

/**
 * Binds a server and returns its URL.
 * @throws Error from Node.js if the address cannot be bound, or TypeError if `fd` is no TCP socket
 */
export async function bind(server: Server, { host = '', port = 0, fd }: AddressOptions): Promise<string> {
  if (fd === undefined) server.listen({ host, port, backlog })
  // With a descriptor, Node.js ignores the option, and a second call of listen(2) changes the queue.
  else server.listen({ fd }, backlog)
  await once(server, 'listening')
  const address = server.address() as AddressInfo | string | null
  if (typeof address !== 'object' || address === null) throw new TypeError(`"fd" ${fd} is no TCP socket`)
  return formatOrigin(fd === undefined ? host : address.address, address.port)
}

/**
 * How long the listener stays open so that load balancers notice. Answers then have as long to
 * arrive.
 */
const lingerMs = 1000

/** How a server stops. */
interface StopOptions {
  readonly graceMs: number
  /**
   * True if the listening socket was inherited. The kernel then keeps new connections for others.
   */
  readonly isInherited: boolean
  /** Returns true if no request is in flight. */
  isIdle(): boolean
}

/**
 * Stops a server gracefully. A listener of its own serves for one more second. An inherited one is
 * left at once. Then the server waits for requests in flight, up to `graceMs` in total, and closes
 * every connection.
 */
async function stopServer(server: Server, sockets: ReadonlySet<Socket>, options: StopOptions): Promise<void> {
  const { graceMs, isInherited, isIdle } = options
  if (!server.listening) return
  const end = performance.now() + graceMs
  const waitFor = async (condition: () => boolean, ms: number): Promise<void> => {
    const until = Math.min(end, performance.now() + ms)
    while (performance.now() < until && !condition()) await sleep(20)
  }
  const closed = new Promise<void>((resolve) => server.once('close', resolve))
  // Unlike the method of HTTP servers, this one leaves idle connections open. Their next answer
  // says that they close.
  if (isInherited) NetServer.prototype.close.call(server)
  await waitFor(() => sockets.size === 0, lingerMs)
  server.close()
  await waitFor(isIdle, graceMs)
  server.closeIdleConnections()
  await waitFor(() => sockets.size === 0, lingerMs)
  for (const socket of sockets) socket.destroy()
  await closed
}
