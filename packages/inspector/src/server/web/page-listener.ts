import type { IncomingMessage, ServerResponse } from 'node:http'
import { showHidden } from 'tollgate/internal'
import { InputError } from '../send/requests.ts'
import { type Gate, hasCookie, listOldCookies, readOwnHost, refuseAccess } from './access.ts'
import { HttpError, safeHeaders, sendBytes, sendText } from './answers.ts'
import { writeCodePage } from './code-page.ts'
import type { LiveEvents } from './live-events.ts'
import { findRoute, type Reply, type Workshop } from './routes.ts'
import { sendFile } from './static-files.ts'

interface Page {
  readonly gate: Gate
  readonly events: LiveEvents
  readonly workshop: Workshop
  /** Called when a browser without access asks for the page, and no address is left that opens it. */
  readonly onShutOut: () => void
  /** Hides keys in a text. */
  readonly hide: (text: string) => string
}

/** Creates the listener that answers the page's requests. It never throws. */
export function createPageListener(page: Page): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    answer(page, req, res).catch((error) => {
      if (res.headersSent || res.destroyed) {
        res.destroy()
        return
      }
      const known = error instanceof HttpError || error instanceof InputError
      const status = error instanceof HttpError ? error.status : error instanceof InputError ? 400 : 500
      const message = known ? error.message : 'Something went wrong. The terminal shows the details.'
      if (!known) console.error(showHidden(error instanceof Error ? `${error.stack}` : String(error)))
      if (!req.complete) res.setHeader('connection', 'close')
      sendText(res, status, page.hide(message))
    })
  }
}

async function answer(page: Page, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { gate, events, workshop, onShutOut, hide } = page
  const url = readUrl(req)
  if (url === undefined) return sendText(res, 400, 'The request target is malformed.')
  const isPage = req.method === 'GET' && url.pathname === '/' && readOwnHost(req, gate) !== undefined
  const code = isPage ? url.searchParams.get('code') : null
  if (gate.codes.use(code)) return admit(req, res, gate)
  const refusal = refuseAccess(req, gate, isPage)
  if (refusal !== undefined) {
    const isShutOut = refusal.status === 401
    if (isShutOut && url.pathname === '/style.css' && sendFile(res, url.pathname)) return
    if (!isPage || !isShutOut) return sendText(res, refusal.status, refusal.text)
    if (gate.codes.size === 0) onShutOut()
    return sendText(res, 401, writeCodePage(describeShutOut(gate, code !== null)), 'text/html; charset=utf-8')
  }
  // The address of the history, in the browser that used it.
  if (code !== null && hasCookie(req, gate)) return redirect(res)
  if (req.method === 'GET' && url.pathname === '/api/events') return events.add(res, workshop.store.list())
  if (req.method === 'GET' && sendFile(res, url.pathname)) return
  const left = new AbortController()
  res.on('close', () => left.abort())
  const route = findRoute(req, url, left.signal)
  if (route === undefined) return sendText(res, 404, 'There is nothing here.')
  sendReply(res, await route(workshop), hide)
}

/** Says in Markdown how a browser gets access. */
function describeShutOut({ port }: Gate, hasCode: boolean): string {
  return `# ${hasCode ? 'This address was used already' : 'This browser has not opened the page yet'}

Each address that the terminal prints opens the page once, in one browser.

- In the browser that used it, open \`http://127.0.0.1:${port}/\`.
- In every other browser, open the newest address that the terminal of this run has printed: it begins with
  \`http://127.0.0.1:${port}/?code=\`. If every address was used, it has just printed a new one.
`
}

function readUrl(req: IncomingMessage): URL | undefined {
  // Joined, not resolved: "//elsewhere/" must stay a path and not become another host.
  const text = `http://127.0.0.1${req.url ?? ''}`
  return req.url?.startsWith('/') && URL.canParse(text) ? new URL(text) : undefined
}

/** Exchanges the code of an address for the cookie. */
function admit(req: IncomingMessage, res: ServerResponse, gate: Gate): void {
  const attributes = 'Path=/; HttpOnly; SameSite=Strict'
  redirect(res, [
    `${gate.cookieName}=${gate.token}; ${attributes}`,
    ...listOldCookies(req, gate).map((name) => `${name}=; Max-Age=0; ${attributes}`),
  ])
}

function redirect(res: ServerResponse, cookies?: string[]): void {
  res.writeHead(303, { ...safeHeaders, location: '/', ...(cookies !== undefined && { 'set-cookie': cookies }) })
  res.end()
}

function sendReply(res: ServerResponse, reply: Reply, hide: (text: string) => string): void {
  if ('json' in reply) {
    sendText(res, 200, hide(JSON.stringify(reply.json)), 'application/json')
    return
  }
  if (reply.file !== undefined) res.setHeader('content-disposition', `attachment; filename="${reply.file}"`)
  sendBytes(res, 200, hideInBytes(reply.bytes, hide), reply.type)
}

/** Bytes that are not UTF-8 are hidden byte by byte: keys are ASCII. */
function hideInBytes(bytes: Uint8Array, hide: (text: string) => string): Uint8Array {
  const text = Buffer.from(bytes).toString()
  const encoding = Buffer.from(text).equals(bytes) ? 'utf8' : 'latin1'
  return Buffer.from(hide(Buffer.from(bytes).toString(encoding)), encoding)
}
