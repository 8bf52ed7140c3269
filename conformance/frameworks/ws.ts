import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import { serve as serveHono, upgradeWebSocket, type WebSocketServerLike } from '@hono/node-server'
import { plugin as crossws } from 'crossws/server/node'
import createFastify from 'fastify'
import { defineWebSocketHandler, H3, serve as serveH3 } from 'h3'
import { Hono } from 'hono'
import type { Accepted, Observed, VerifierOptions } from 'tollgate'
import * as fastify from 'tollgate/fastify'
import * as h3 from 'tollgate/h3'
import * as hono from 'tollgate/hono'
import { createVerifyClient, twilioUpgrade, type UpgradeRequest } from 'tollgate/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Running } from '../adapter/framework.ts'
import type { AdapterOptions } from '../adapter/scenario.ts'
import { findPort, serve } from './listen.ts'

type Options = VerifierOptions | (() => VerifierOptions)
type OnConnection = (webhook: Accepted | Observed) => void

/** A server that opens a WebSocket on every path for a handshake that verifies. */
export interface HandshakeServer {
  readonly name: string
  start(options: Options, onConnection: OnConnection): Promise<Running>
  /**
   * True if `tollgate/ws` writes the answers to refused handshakes. The upgrades of
   * @hono/node-server drop the text of an answer.
   */
  readonly isOurs: boolean
}

/** Makes a server that serves only handshakes, and tells other requests so. */
function createUpgradeServer(): Server {
  return createServer((_req, res) => void res.writeHead(426).end())
}

const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

/** Echoes messages. Without a listener for `error`, an invalid frame would end the process. */
function echo(connection: WebSocket): void {
  connection.on('error', () => undefined).on('message', (data) => connection.send(String(data)))
}

const plain: HandshakeServer = {
  name: 'a plain upgrade handler',
  isOurs: true,
  async start(options, onConnection) {
    const guard = twilioUpgrade(options)
    const server = createUpgradeServer().on('upgrade', async (req, socket, head) => {
      const webhook = await guard(req, socket, head)
      if (webhook === undefined) return
      onConnection(webhook)
      socket.on('error', () => undefined).write(switching)
    })
    return serveUpgrades(server)
  },
}

const noServer: HandshakeServer = {
  name: 'ws, noServer',
  isOurs: true,
  async start(options, onConnection) {
    const guard = twilioUpgrade(options)
    const sockets = new WebSocketServer({ noServer: true })
    const server = createUpgradeServer().on('upgrade', async (req, socket, head) => {
      const webhook = await guard(req, socket, head)
      if (webhook === undefined) return
      sockets.handleUpgrade(req, socket, head, (connection) => {
        onConnection(webhook)
        echo(connection)
      })
    })
    return serveUpgrades(server)
  },
}

const verifyClient: HandshakeServer = {
  name: 'ws, verifyClient',
  isOurs: true,
  async start(options, onConnection) {
    const server = createUpgradeServer()
    const sockets = new WebSocketServer({ server, verifyClient: createVerifyClient(options) })
    sockets.on('connection', (connection, req) => {
      onConnection((req as UpgradeRequest<'observe'>).twilio)
      echo(connection)
    })
    return serveUpgrades(server)
  },
}

export async function listenWithFastify(app: ReturnType<typeof createFastify>): Promise<Running> {
  const drop = trackConnections(app.server)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const close = (): Promise<void> => {
    drop()
    return app.close()
  }
  return { port: findPort(app.server), close }
}

function makeFastify(name: string, byAdapter: boolean): HandshakeServer {
  return {
    name,
    isOurs: !byAdapter,
    async start(options, onConnection) {
      const app = createFastify({ forceCloseConnections: true })
      await app.register(websocket, byAdapter ? {} : { options: { verifyClient: createVerifyClient(options) } })
      if (byAdapter) await app.register(fastify.twilioWebhook(options))
      app.get('/*', { websocket: true }, (connection, request) => {
        onConnection(byAdapter ? fastify.readWebhook(request) : (request.raw as UpgradeRequest<'observe'>).twilio)
        echo(connection)
      })
      return listenWithFastify(app)
    },
  }
}

function makeHono(name: string, byAdapter: boolean): HandshakeServer {
  return {
    name,
    isOurs: !byAdapter,
    async start(options, onConnection) {
      const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>()
      const answer = upgradeWebSocket((c) => {
        const req = (c.env as { incoming: UpgradeRequest<'observe'> }).incoming
        return {
          onOpen: () => onConnection(byAdapter ? c.get('twilio' as never) : req.twilio),
          onMessage: ({ data }, connection) => connection.send(String(data)),
        }
      })
      if (byAdapter) app.use(hono.twilioWebhook(withWebSocket(options)))
      app.get('/*', answer)
      const sockets = new WebSocketServer({
        noServer: true,
        ...(!byAdapter && { verifyClient: createVerifyClient(options) }),
      })
      return serveApp(app, sockets)
    },
  }
}

/** Adds `webSocket: true`, for servers that run any route for an upgrade. */
function withWebSocket(options: Options): AdapterOptions | (() => AdapterOptions) {
  if (typeof options === 'function') return () => ({ ...options(), webSocket: true })
  return { ...options, webSocket: true }
}

export async function serveApp(
  { fetch }: ServedApp,
  sockets = new WebSocketServer({ noServer: true }),
): Promise<Running> {
  const server = await new Promise<Server>((resolve) => {
    const made = serveHono(
      { fetch, hostname: '127.0.0.1', port: 0, websocket: { server: sockets as WebSocketServerLike } },
      () => resolve(made as Server),
    )
  })
  const drop = trackConnections(server)
  const close = (): Promise<void> => {
    drop()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  return { port: findPort(server), close }
}

type ServedApp = Pick<Parameters<typeof serveHono>[0], 'fetch'>

/**
 * Tracks connections. Node.js does not track upgraded ones, so one that stays open would keep the
 * server from closing.
 */
function trackConnections(server: Server): () => void {
  const connections = new Set<Socket>()
  server.on('connection', (socket) => void connections.add(socket.once('close', () => connections.delete(socket))))
  return () => {
    for (const socket of connections) socket.destroy()
  }
}

export async function serveUpgrades(server: Server): Promise<Running> {
  const drop = trackConnections(server)
  const { port, close } = await serve(server)
  return {
    port,
    close() {
      drop()
      return close()
    },
  }
}

export const handshakeServers: readonly HandshakeServer[] = [
  plain,
  noServer,
  verifyClient,
  makeFastify('@fastify/websocket, verifyClient', false),
  makeFastify('@fastify/websocket, behind tollgate/fastify', true),
  makeHono('@hono/node-server, verifyClient', false),
  makeHono('@hono/node-server, behind tollgate/hono', true),
]

type OnRun = (what: 'socket' | 'handler') => void

/**
 * A server that opens WebSockets at /media, answers a GET of /ordinary, and runs its middleware for
 * upgrades.
 */
interface RoutingServer {
  readonly name: string
  start(options: AdapterOptions, onRun: OnRun): Promise<Running>
  /**
   * True if only its WebSocket routes run for an upgrade, so that it needs no option `webSocket`.
   */
  readonly separates: boolean
}

const honoRoutes: RoutingServer = {
  name: '@hono/node-server',
  separates: false,
  async start(options, onRun) {
    const app = new Hono().use(hono.twilioWebhook(options))
    app.get(
      '/media',
      upgradeWebSocket(() => ({ onOpen: () => onRun('socket') })),
    )
    app.get('/ordinary', (c) => {
      onRun('handler')
      return c.text('')
    })
    return serveApp(app)
  },
}

const h3Routes: RoutingServer = {
  name: 'h3 2 with crossws',
  separates: false,
  async start(options, onRun) {
    const app = new H3({ silent: true }).use(h3.twilioWebhook(options))
    app.get('/media', defineWebSocketHandler({ open: () => onRun('socket') }))
    app.get('/ordinary', () => {
      onRun('handler')
      return ''
    })
    return serveH3App(app)
  },
}

export async function serveH3App(app: H3): Promise<Running> {
  const to = { hostname: '127.0.0.1', port: 0, silent: true, gracefulShutdown: false, plugins: [crossws({})] }
  const running = serveH3(app, to)
  await running.ready()
  const server = running.node?.server as Server
  const drop = trackConnections(server)
  const close = async (): Promise<void> => {
    drop()
    await running.close(true)
  }
  return { port: findPort(server), close }
}

const fastifyRoutes: RoutingServer = {
  name: '@fastify/websocket',
  separates: true,
  async start(options, onRun) {
    const app = createFastify({ forceCloseConnections: true })
    await app.register(websocket)
    await app.register(fastify.twilioWebhook(options))
    app.get('/media', { websocket: true }, () => onRun('socket'))
    app.get('/ordinary', async () => {
      onRun('handler')
      return ''
    })
    return listenWithFastify(app)
  },
}

export const routingServers: readonly RoutingServer[] = [honoRoutes, h3Routes, fastifyRoutes]
