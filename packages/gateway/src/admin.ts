import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ReplayGuard } from 'tollgate'
import { watchHealth } from './health.ts'
import { type Counts, createMetrics } from './metrics.ts'
import type { OwnEvents } from './own-events.ts'

/**
 * Creates the server for `/healthz`, `/readyz` and `/metrics`. It has its own listener, so that no
 * public path reaches these pages.
 * @param listGuards returns the replay guards in use
 */
export function createAdmin(
  counts: Counts,
  events: OwnEvents,
  isClosing: () => boolean,
  listGuards: () => readonly ReplayGuard[],
) {
  const metrics = createMetrics(counts, events)
  const health = watchHealth(listGuards)
  const pages: Readonly<Record<string, (res: ServerResponse) => Promise<void>>> = {
    '/healthz': async (res) =>
      health.isHanging() ? answer(res, 503, 'the event loop is late\n') : answer(res, 200, 'ok\n'),
    '/readyz': async (res) => {
      const reason = isClosing() ? 'closing' : health.isStoreLost() ? 'the replay store fails' : undefined
      answer(res, reason === undefined ? 200 : 503, `${reason ?? 'ready'}\n`)
    },
    '/metrics': async (res) => {
      if (isRebound(res.req)) return answer(res, 403, 'the Host must be localhost or an IP address\n')
      answer(res, 200, await metrics.registry.metrics(), metrics.registry.contentType)
    },
  }
  const server = createServer((req, res) => {
    const path = (req.url ?? '').replace(/\?.*$/s, '')
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (page === undefined) answer(res, 404, 'not found\n')
    else if (req.method !== 'GET' && req.method !== 'HEAD') answer(res, 405, 'GET only\n')
    else page(res).catch(() => answer(res, 500, 'error\n'))
  })
  return {
    server,
    /** Counts one request. */
    report: metrics.report,
    stop(): void {
      health.stop()
      server.close()
      server.closeAllConnections()
    },
  }
}

/**
 * Returns true if a loopback address was reached under a name. A website that a user of this machine
 * visits may let its own name lead there, and then read the answer: DNS rebinding.
 */
function isRebound({ socket: { localAddress = '' }, headers: { host = '' } }: IncomingMessage): boolean {
  const isLoopback = /^(127\.|::1$|::ffff:127\.)/.test(localAddress)
  return isLoopback && !/^(localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host)
}

function answer(res: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  if (!res.headersSent) res.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text)
}
