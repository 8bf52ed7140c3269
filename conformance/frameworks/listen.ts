import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as TcpServer } from 'node:net'
import type { Running } from '../adapter/framework.ts'
import type { Reply } from '../adapter/scenario.ts'

/** Serves a request listener of Node.js on a free port of 127.0.0.1. */
export async function listen(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<Running> {
  return serve(createServer((req, res) => void listener(req, res)))
}

export async function serve(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return toRunning(server)
}

/** Returns a server that listens, for a suite. Its `close` also ends open connections. */
export function toRunning(server: Server): Running {
  return {
    port: findPort(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function findPort(server: TcpServer): number {
  return (server.address() as AddressInfo).port
}

export function sendReply(res: ServerResponse, reply: Reply): void {
  res.writeHead(reply.status, reply.headers).end(reply.body)
}
