import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { answerOnSocket } from './answers.ts'
import { checkOptions } from './check-options.ts'
import { reportExchange } from './exchange.ts'
import { createGeneration, defaultTimeoutMs, type Generation } from './generation.ts'
import { Handshake } from './handshake.ts'
import type { Journey } from './journey.ts'
import type { GatewayOptions } from './options.ts'
import { Passage } from './passage.ts'
import { createUpstreams } from './upstreams.ts'

export interface Gateway {
  /** Binds the listeners. `url` and `adminUrl` name what was bound really, also for port 0. Rejects where that fails. */
  listen(): Promise<{ url: string; adminUrl: string | undefined }>
  /** New routes, keys, limits and certificates; requests under way keep the old ones. Rejects, and changes nothing, for wrong options. */
  reload(options: GatewayOptions): Promise<void>
  /**
   * Stops gracefully: requests under way get their answers, new ones are refused with `Connection: close`. After `graceMs`
   * (default 15,000) what is left is cut off. Resolves when everything is closed.
   */
  close(options?: { graceMs?: number }): Promise<void>
}

/**
 * Makes the verifying reverse proxy.
 * @throws TypeError or RangeError, naming the option, when something is missing, unknown or out of range.
 */
export function createGateway(options: GatewayOptions): Gateway {
  checkOptions(options)
  const upstreams = createUpstreams(3000)
  let current: Generation = createGeneration(options, upstreams)
  let hasBegunToClose = false
  const passages = new Set<Passage>()
  const handshakes = new Set<Handshake>()
  let onIdle: (() => void) | undefined

  const server = createHttpServer(options)
  server.on('request', handle)
  server.on('checkContinue', handle)
  server.on('checkExpectation', handle)
  server.on('upgrade', (req: IncomingMessage, socket: Socket, first: Uint8Array) => {
    const handshake = new Handshake(req, socket, first, { generation: current, isClosing, onAnswer: report, onClose })
    handshakes.add(handshake)
    handshake.run().catch(() => handshake.refuse(500))
  })
  server.on('connect', (_: IncomingMessage, socket: Socket) => answerOnSocket(socket.on('error', ignore), 403))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const status = clientErrors[error.code ?? ''] ?? 400
    for (const passage of passages)
      if (passage.req.socket === socket) {
        passage.break(status)
        return
      }
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
    else answerOnSocket(socket, status)
  })

  function isClosing(): boolean {
    return hasBegunToClose
  }

  function handle(req: IncomingMessage, res: ServerResponse): void {
    const passage = new Passage(req, res, { generation: current, isClosing, onEnd })
    passages.add(passage)
    passage.run().catch(() => passage.refuse(500))
  }

  function onEnd(passage: Passage): void {
    passages.delete(passage)
    report(passage)
    if (hasBegunToClose) setImmediate(() => server.closeIdleConnections())
    checkIdle()
  }

  function onClose(handshake: Handshake): void {
    handshakes.delete(handshake)
    checkIdle()
  }

  function report(journey: Journey): void {
    if (journey.generation.onExchange !== undefined) reportExchange(journey)
  }

  function checkIdle(): void {
    if (passages.size === 0 && handshakes.size === 0) onIdle?.()
  }

  return {
    async listen() {
      const { host = '127.0.0.1', port = 8080, tls } = options.listen ?? {}
      await bind(server, host, port)
      return { url: toUrl(server, tls === undefined ? 'http' : 'https', host), adminUrl: undefined }
    },
    async reload(next) {
      checkOptions(next)
      const previous = current
      current = createGeneration(next, upstreams)
      previous.retire()
    },
    async close({ graceMs = 15_000 } = {}) {
      if (hasBegunToClose) return
      hasBegunToClose = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      if (passages.size > 0 || handshakes.size > 0) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          onIdle = resolve
          timer = setTimeout(resolve, graceMs)
        })
        clearTimeout(timer)
      }
      server.closeIdleConnections()
      for (const { socket } of handshakes) socket.destroy()
      const cut = setTimeout(() => server.closeAllConnections(), 1000)
      await closed
      clearTimeout(cut)
      current.retire()
      await upstreams.settled()
    },
  }
}

function ignore(): void {}

const clientErrors: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

function createHttpServer(options: GatewayOptions): Server {
  const settings = {
    keepAlive: true,
    noDelay: true,
    keepAliveTimeout: 75_000,
    headersTimeout: 10_000,
    requestTimeout: Math.max(10_000, options.timeoutMs ?? defaultTimeoutMs),
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
  }
  const tls = options.listen?.tls
  if (tls === undefined) return createServer(settings)
  return createTlsServer({ ...settings, cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) })
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function toUrl(server: Server, scheme: string, host: string): string {
  const { port } = server.address() as AddressInfo
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
