import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { createAdminServer } from './admin.ts'
import { checkOptions } from './check-options.ts'
import { createConfigSnapshot } from './config-snapshot.ts'
import type { ExchangeState } from './exchange.ts'
import { createForwardAuth, prepareForwardAuth } from './forward-auth.ts'
import { Handshake } from './handshake.ts'
import { HttpExchange } from './http-exchange.ts'
import { InFlight } from './in-flight.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { reportExchange } from './on-exchange.ts'
import type { GatewayOptions } from './options.ts'
import { listListeners, refuseOwnListeners } from './own-listeners.ts'
import { hasPendingAnswers } from './pending-answers.ts'
import { createLogger, createReport, logReport, type Report } from './report.ts'
import { bind, createHttpServer, followSockets, refuseTunnel, renewSettings, stopServer } from './server.ts'
import { isTracingConfigured, traceExchange } from './tracing.ts'
import { createUpstreams } from './upstream/pool.ts'

/** A running or startable gateway, as `createGateway` returns it. */
export interface Gateway {
  /**
   * Binds the listeners.
   * @returns the bound addresses. With port 0, they contain the port that the system chose. `url` is
   *   empty without routes, because then only forward-auth has a listener.
   * @throws TypeError if an upstream is one of these addresses. Error from Node.js if an address
   *   cannot be bound. Then none is.
   */
  listen(): Promise<{ url: string; adminUrl: string | undefined; forwardAuthUrl: string | undefined }>
  /**
   * Replaces all options except the addresses. Requests that have begun keep the old ones.
   * @param options All options again: none is kept from before.
   * @throws TypeError or RangeError if an option is wrong, if an upstream is a listener of this
   * gateway, or if an address differs from the bound one. Nothing changes then.
   */
  reload(options: GatewayOptions): Promise<void>
  /**
   * Stops gracefully. The listener stays open for one second, and new requests are served with
   * `Connection: close`. Requests and streams that have begun may continue until `graceMs` is over,
   * counted from the call. Then they are cut off. Resolves when every connection is closed.
   * @param options `graceMs` is in milliseconds. Default 15,000.
   */
  close(options?: { graceMs?: number }): Promise<void>
}

/**
 * Creates the verifying reverse proxy. It does not listen until `listen()` is called.
 * @param options The routes, or `forwardAuth`, are needed. Every other option has a default.
 * @returns a gateway to start with `listen()` and to stop with `close()`
 * @throws TypeError or RangeError that names an option that is missing, unknown or out of range
 */
export function createGateway(options: GatewayOptions): Gateway {
  return createMeasuredGateway(options).gateway
}

const connectTimeoutMs = 3000

/**
 * Creates a gateway and returns its metrics too, for a process that aggregates several gateways.
 * @param measure collects metrics even if `admin` is off
 */
export function createMeasuredGateway(
  options: GatewayOptions,
  measure = false,
): { gateway: Gateway; metrics: Metrics | undefined } {
  checkOptions(options)
  const upstreams = createUpstreams(connectTimeoutMs)
  const inFlight = new InFlight()
  const handshakes = new Set<Handshake>()
  let log = createLogger(options.log)
  const admin = options.admin ?? false
  const metrics =
    admin === false && !measure
      ? undefined
      : createMetrics({
          requests: () => inFlight.size + (auth?.countInFlight() ?? 0),
          tunnels: () => handshakes.size,
        })
  const isTracing = isTracingConfigured()
  const hop = randomUUID()
  let current = createConfigSnapshot(options, upstreams, hop)
  let listeners = listListeners(options)
  let hasBegunToClose = false
  let closed: Promise<void> | undefined
  let adminServer: Server | undefined
  const { forwardAuth } = options
  const isClosing = (): boolean => hasBegunToClose
  let authSettings = forwardAuth && prepareForwardAuth(forwardAuth, current.peers)
  const auth =
    authSettings &&
    createForwardAuth({
      getSettings: () => authSettings as NonNullable<typeof authSettings>,
      timeoutMs: current.timeoutMs,
      isClosing,
      onEnd: record,
    })

  const server = createHttpServer(options, {
    onRequest(client) {
      const exchange = new HttpExchange(client, { config: current, isClosing, onEnd })
      inFlight.add(exchange)
      exchange.run()
    },
    onUpgrade(req, socket, first) {
      // Its answer would come before those that the client waits for.
      if (hasPendingAnswers(socket)) return refuseTunnel(socket, record, { method: req.method ?? '' })
      const handshake = new Handshake(req, socket, first, { config: current, onAnswer: report, onClose })
      handshakes.add(handshake)
      handshake.run().catch(() => handshake.refuse(500))
    },
    onConnect({ method = '' }, socket) {
      refuseTunnel(socket, record, { method })
    },
    onUnread: record,
  })

  const sockets = followSockets(server)

  function onEnd(exchange: HttpExchange): void {
    inFlight.delete(exchange)
    report(exchange)
    if (hasBegunToClose && !server.listening) setImmediate(() => server.closeIdleConnections())
  }

  function onClose(handshake: Handshake): void {
    handshakes.delete(handshake)
  }

  function report(exchange: ExchangeState): void {
    if (exchange.config.onExchange !== undefined) reportExchange(exchange)
    if (metrics === undefined && log === undefined && !isTracing) return
    const ended = createReport(exchange)
    record(ended)
    if (isTracing) traceExchange(exchange, ended)
  }

  function record(report: Report): void {
    metrics?.report(report)
    if (log !== undefined) logReport(log, report)
  }

  async function close(graceMs: number): Promise<void> {
    hasBegunToClose = true
    const isIdle = (): boolean => inFlight.size === 0 && handshakes.size === 0
    await Promise.all([stopServer(server, { sockets, graceMs, isIdle }), auth?.stop(graceMs)])
    adminServer?.closeAllConnections()
    adminServer?.close()
    current.retire()
    await upstreams.waitForClose()
  }

  async function bindAll(): ReturnType<Gateway['listen']> {
    await refuseOwnListeners(options, listeners)
    const { host = '127.0.0.1', port = 8080, tls } = options.listen ?? {}
    const hasRoutes = options.routes.length > 0
    const url = hasRoutes ? await bind(server, tls === undefined ? 'http' : 'https', host, port) : ''
    const { host: authHost = '127.0.0.1', port: authPort = 8081 } = forwardAuth?.listen ?? {}
    const forwardAuthUrl = auth === undefined ? undefined : await bind(auth.server, 'http', authHost, authPort)
    if (admin === false || metrics === undefined) return { url, adminUrl: undefined, forwardAuthUrl }
    const { registry } = metrics
    adminServer = createAdminServer({
      isReady: () => !hasBegunToClose,
      readMetrics: async () => ({ text: await registry.metrics(), type: registry.contentType }),
    })
    const adminUrl = await bind(adminServer, 'http', admin.host ?? '127.0.0.1', admin.port ?? 0)
    return { url, adminUrl, forwardAuthUrl }
  }

  const gateway: Gateway = {
    async listen() {
      try {
        const bound = await bindAll()
        const { url, adminUrl, forwardAuthUrl } = bound
        listeners = { listen: url, admin: adminUrl, 'forwardAuth.listen': forwardAuthUrl }
        return bound
      } catch (error) {
        for (const bound of [server, auth?.server]) bound?.close()
        throw error
      }
    },
    async reload(next) {
      checkOptions(next)
      checkUnchanged(options, next)
      const config = createConfigSnapshot(next, upstreams, hop)
      try {
        await refuseOwnListeners(next, listeners)
        const settings = next.forwardAuth && prepareForwardAuth(next.forwardAuth, config.peers)
        renewSettings(server, next)
        authSettings = settings
      } catch (error) {
        config.retire()
        throw error
      }
      auth?.setTimeout(config.timeoutMs)
      log = createLogger(next.log)
      const previous = current
      current = config
      previous.retire()
    },
    close({ graceMs = 15_000 } = {}) {
      closed ??= close(graceMs)
      return closed
    },
  }
  return { gateway, metrics }
}

/** Throws if a reload changes a listener. That needs a restart. */
function checkUnchanged(bound: GatewayOptions, next: GatewayOptions): void {
  for (const [name, before, after, port] of [
    ['listen', bound.listen, next.listen, 8080],
    ['admin', bound.admin || undefined, next.admin || undefined, 0],
    ['forwardAuth.listen', bound.forwardAuth?.listen, next.forwardAuth?.listen, 8081],
  ] as const)
    if (
      (after?.host !== undefined && after.host !== (before?.host ?? '127.0.0.1')) ||
      (after?.port !== undefined && after.port !== (before?.port ?? port))
    )
      throw new TypeError(`"${name}" cannot change while the gateway runs`)
  for (const [name, before, after] of [
    ['listen.tls', bound.listen?.tls, next.listen?.tls],
    ['forwardAuth', bound.forwardAuth, next.forwardAuth],
    ['routes', bound.routes[0], next.routes[0]],
  ] as const)
    if ((before === undefined) !== (after === undefined))
      throw new TypeError(`"${name}" cannot be added or removed while the gateway runs`)
}
