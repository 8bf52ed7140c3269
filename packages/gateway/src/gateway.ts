import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { answerOnSocket } from './answers.ts'
import { checkOptions } from './check-options.ts'
import { reportExchange } from './exchange.ts'
import { createGeneration, defaultTimeoutMs, type Generation } from './generation.ts'
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
  let isClosing = false
  const underWay = new Set<Passage>()
  let onIdle: (() => void) | undefined

  const server = createHttpServer(options)
  server.on('request', handle)
  server.on('checkContinue', handle)
  server.on('checkExpectation', handle)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) return void socket.destroy()
    answerOnSocket(socket, clientErrors[error.code ?? ''] ?? 400)
  })

  function handle(req: IncomingMessage, res: ServerResponse): void {
    const passage = new Passage(req, res, { generation: current, isClosing: () => isClosing, onEnd })
    underWay.add(passage)
    passage.run().catch(() => passage.refuse(500))
  }

  function onEnd(passage: Passage): void {
    underWay.delete(passage)
    if (passage.generation.onExchange !== undefined) reportExchange(passage)
    if (!isClosing) return
    setImmediate(() => server.closeIdleConnections())
    if (underWay.size === 0) onIdle?.()
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
      if (isClosing) return
      isClosing = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      if (underWay.size > 0) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          onIdle = resolve
          timer = setTimeout(resolve, graceMs)
        })
        clearTimeout(timer)
      }
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), 1000)
      await closed
      clearTimeout(cut)
      current.retire()
      await upstreams.settled()
    },
  }
}

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
