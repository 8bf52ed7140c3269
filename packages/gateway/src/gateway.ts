import { randomUUID } from 'node:crypto'
import type { createAdmin } from './admin.ts'
import { ClientSockets } from './client-sockets.ts'
import { createConfigSnapshot } from './config-snapshot.ts'
import type { ExchangeContext, ExchangeState } from './exchange.ts'
import { createForwardAuth } from './forward-auth.ts'
import { Handshake } from './handshake.ts'
import { HttpExchange } from './http-exchange.ts'
import { reportExchange } from './on-exchange.ts'
import type { AddressOptions, GatewayOptions } from './options.ts'
import { OwnEvents } from './own-events.ts'
import { listAddresses, refuseOwnListeners } from './own-listeners.ts'
import { UnfinishedBodies } from './peers.ts'
import { hasPendingAnswers } from './pending-answers.ts'
import { createReport, type Report } from './report.ts'
import { type LoggedRequest, RequestLog } from './request-log.ts'
import { bind, createRequestServer, readRequestTimeout, refuseTunnel, twilioSettings } from './server.ts'
import { runAtOnce, runInSlices } from './slices.ts'
import { isTracingConfigured } from './tracing.ts'
import { parseOrigin } from './upstream/connection.ts'
import { createUpstreams } from './upstream/pool.ts'

/** A running or startable gateway, as `createGateway` returns it. */
export interface Gateway {
  /**
   * Binds the listeners.
   * @returns the bound addresses. With port 0, they contain the port that the system chose. `url`
   *   is empty without routes, because then only forward-auth has a listener.
   * @throws TypeError if an upstream is one of these addresses. Error from Node.js if an address
   *   cannot be bound. Then none is.
   */
  listen(): Promise<{ url: string; adminUrl: string | undefined; forwardAuthUrl: string | undefined }>
  /**
   * Replaces all options except the addresses. Requests that have begun keep the old ones.
   * @param options All options again: none is kept from before.
   * @throws TypeError or RangeError if an option is wrong, if an upstream is a listener of this
   * gateway, or if an address differs from the bound one. Error if the gateway is closing. Nothing
   * changes then.
   */
  reload(options: GatewayOptions): Promise<void>
  /**
   * Stops gracefully. The listener stays open for one second, and new requests are served with
   * `Connection: close`. An inherited socket is left at once, because the kernel keeps its queue.
   * Requests and streams that have begun may continue until `graceMs` is over, counted from the
   * call. Then they are cut off. Resolves when every connection is closed.
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
  return createObservedGateway(options, new OwnEvents())
}

/** Does the same, with the events of its surroundings for the metrics. */
export function createObservedGateway(options: GatewayOptions, events: OwnEvents): Gateway {
  const upstreams = createUpstreams()
  // Shared by all versions of the options.
  const shared = { upstreams, bodies: new UnfinishedBodies(), hop: randomUUID() }
  let current = runAtOnce(createConfigSnapshot(options, shared))
  let inFlight = 0
  /** Handshakes without an answer, and tunnels. */
  let openTunnels = 0
  const log = new RequestLog()
  log.output = options.log
  let admin: ReturnType<typeof createAdmin> | undefined
  let spans: typeof import('./spans.ts') | undefined
  let lastReload: Promise<void> = Promise.resolve()
  let listeners: Parameters<typeof refuseOwnListeners>[1] = listAddresses(options)
  let hasBegunToClose = false
  let closed: Promise<void> | undefined
  const { forwardAuth } = options
  const clients = new ClientSockets(events)
  const isClosing = (): boolean => hasBegunToClose
  const auth = forwardAuth && createForwardAuth({ getSettings: () => current.auth, isClosing, onEnd: record, clients })
  auth?.limitTime(current.timeoutMs)

  const { server, stop } = createRequestServer(
    twilioSettings,
    (req, res) => {
      inFlight++
      new HttpExchange(req, res, createContext(onEnd)).run()
    },
    record,
    clients,
  )
  server.requestTimeout = readRequestTimeout(current.timeoutMs)
  server.on('upgrade', (req, _socket, first) => {
    const { method = '', socket } = req
    // Its answer would come before those that the client waits for.
    if (hasPendingAnswers(socket)) return refuseTunnel(socket, record, { method })
    openTunnels++
    clients.keep(socket)
    socket.once('close', () => openTunnels--)
    const handshake = new Handshake(req, first, createContext(report))
    handshake.run().catch(() => handshake.refuse(500))
  })
  server.on('connect', ({ method = '', socket }) => refuseTunnel(socket, record, { method }))

  function createContext(onEnd: ExchangeContext['onEnd']): ExchangeContext {
    return { config: current, isClosing, startTrace: spans?.startTrace, onEnd }
  }

  function onEnd(exchange: ExchangeState): void {
    inFlight--
    report(exchange)
  }

  function report(exchange: ExchangeState): void {
    if (exchange.config.onExchange !== undefined) reportExchange(exchange)
    const ended = createReport(exchange)
    const { req, target, requestBody, verdict, route: { verifier, upstream } = {} } = exchange
    record(ended, { target, rawFields: req.rawHeaders, body: requestBody, verdict, verifier, upstream })
    spans?.traceExchange(exchange, ended)
  }

  function record(report: Report, request?: LoggedRequest): void {
    admin?.report(report)
    log.write(report, request)
  }

  async function close(graceMs: number): Promise<void> {
    hasBegunToClose = true
    const isIdle = (): boolean => inFlight === 0 && openTunnels === 0
    await Promise.all([
      stop({ graceMs, isIdle, isInherited: options.listen?.fd !== undefined }),
      auth?.stop(graceMs, forwardAuth?.listen?.fd !== undefined),
    ])
    admin?.stop()
    current.retire()
    await upstreams.waitForClose()
  }

  const counts = {
    requests: () => inFlight + (auth?.countInFlight() ?? 0),
    tunnels: () => openTunnels,
    droppedLines: () => log.dropped,
    sampledLines: () => log.sampled,
  }

  async function replaceOptions(next: GatewayOptions): Promise<void> {
    const config = await runInSlices(createConfigSnapshot(next, shared))
    try {
      checkUnchanged(options, next)
      await refuseOwnListeners(next, listeners)
      if (hasBegunToClose) throw new Error('The gateway is closing')
    } catch (error) {
      config.retire()
      throw error
    }
    server.requestTimeout = readRequestTimeout(config.timeoutMs)
    auth?.limitTime(config.timeoutMs)
    log.output = next.log
    const previous = current
    current = config
    previous.retire()
  }

  return {
    async listen() {
      try {
        await refuseOwnListeners(options, listeners)
        // Without spans and admin pages, their libraries would only use memory.
        if (isTracingConfigured()) spans = await import('./spans.ts')
        if (options.admin)
          admin = (await import('./admin.ts')).createAdmin(counts, events, isClosing, () => current.guards)
        const { listen, admin: adminAddress = {}, 'forwardAuth.listen': authAddress = {} } = listAddresses(options)
        const url = options.routes.length > 0 ? await bind(server, listen) : ''
        const forwardAuthUrl = auth && (await bind(auth.server, authAddress))
        const adminUrl = admin && (await bind(admin.server, adminAddress))
        const parse = (one = ''): AddressOptions | undefined => (one === '' ? undefined : parseOrigin(one))
        listeners = { listen: parse(url), admin: parse(adminUrl), 'forwardAuth.listen': parse(forwardAuthUrl) }
        // The address of an inherited socket is known only now.
        await refuseOwnListeners(options, listeners)
        return { url, adminUrl, forwardAuthUrl }
      } catch (error) {
        for (const bound of [server, auth?.server]) bound?.close()
        admin?.stop()
        throw error
      }
    },
    reload(next) {
      // One after the other: the last call must win.
      const reload = lastReload.then(() => replaceOptions(next))
      lastReload = reload.then(
        () => void events.emit('reload', 'applied'),
        () => void events.emit('reload', 'refused'),
      )
      return reload
    },
    close({ graceMs = 15_000 } = {}) {
      closed ??= close(graceMs)
      return closed
    },
  }
}

/** Throws if a reload changes a listener. That needs a restart. */
function checkUnchanged(bound: GatewayOptions, next: GatewayOptions): void {
  const before = listAddresses(bound)
  const given = { listen: next.listen, admin: next.admin || {}, 'forwardAuth.listen': next.forwardAuth?.listen }
  for (const name of ['listen', 'admin', 'forwardAuth.listen'] as const)
    for (const part of ['fd', 'host', 'port'] as const)
      if ((given[name]?.[part] ?? before[name]?.[part]) !== before[name]?.[part])
        throw new TypeError(`"${name}" cannot change while the gateway runs`)
  for (const [name, before, after] of [
    ['admin', bound.admin || undefined, (next.admin ?? bound.admin) || undefined],
    ['forwardAuth', bound.forwardAuth, next.forwardAuth],
    ['routes', bound.routes[0], next.routes[0]],
  ] as const)
    if ((before === undefined) !== (after === undefined))
      throw new TypeError(`"${name}" cannot be added or removed while the gateway runs`)
}
