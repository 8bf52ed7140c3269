import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** The state that the admin pages show. */
interface AdminSources {
  /** Returns true if the process should be started again. */
  isHanging(): boolean
  /** Returns why new requests should go elsewhere, or `undefined` if they are served. */
  explainNotReady(): string | undefined
  /** Returns all metrics with their content type. */
  readMetrics(): Promise<{ readonly text: string; readonly type: string }>
}

/**
 * Creates the server for `/healthz`, `/readyz` and `/metrics`. It has its own listener, so that no
 * public path reaches these pages.
 */
export function createAdminServer(sources: AdminSources): Server {
  const pages: Readonly<Record<string, (res: ServerResponse) => Promise<void>>> = {
    '/healthz': async (res) =>
      sources.isHanging() ? answer(res, 503, 'the event loop is late\n') : answer(res, 200, 'ok\n'),
    '/readyz': async (res) => {
      const reason = sources.explainNotReady()
      answer(res, reason === undefined ? 200 : 503, `${reason ?? 'ready'}\n`)
    },
    '/metrics': async (res) => {
      if (isRebound(res.req)) return answer(res, 403, 'the Host must be localhost or an IP address\n')
      const { text, type } = await sources.readMetrics()
      answer(res, 200, text, type)
    },
  }
  return createServer((req, res) => {
    const path = (req.url ?? '').replace(/\?.*$/s, '')
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (page === undefined) answer(res, 404, 'not found\n')
    else if (req.method !== 'GET' && req.method !== 'HEAD') answer(res, 405, 'GET only\n')
    else page(res).catch(() => answer(res, 500, 'error\n'))
  })
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
