import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Gate {
  readonly port: number
  readonly token: string
}

/** Lower-case name of the header that carries the token for programs other than a browser. */
const tokenHeader = 'x-tollgate-inspector-token'

/** Cookies are shared by all ports of a host: the port in the name keeps two inspectors apart. */
export function cookieName({ port }: Gate): string {
  return `tollgate_inspector_${port}`
}

/** Why a request may not pass; `undefined` when it may. */
export function refuseAccess(req: IncomingMessage, gate: Gate): { status: number; text: string } | undefined {
  const host = readHost(req)
  // Another name for this address is how a page from elsewhere would reach it (DNS rebinding).
  if (host === undefined || !listHosts(gate.port).includes(host))
    return { status: 403, text: `This page answers on http://127.0.0.1:${gate.port} alone.` }
  const { origin } = req.headers
  const foreign = origin !== undefined && origin !== `http://${host}`
  const crossSite = !['same-origin', 'none', undefined].includes(req.headers['sec-fetch-site'] as string | undefined)
  const reads = req.method === 'GET' || req.method === 'HEAD'
  if (foreign || (crossSite && !reads)) return { status: 403, text: 'Other sites may not use this page.' }
  const byHeader = isToken(req.headers[tokenHeader], gate)
  if (!byHeader && !isToken(readCookie(req, cookieName(gate)), gate))
    return {
      status: 401,
      text: 'Open the address that the terminal printed: it carries the token that this page wants.',
    }
  // A browser sends Origin with every write, and only a browser has the cookie.
  if (!reads && origin === undefined && !byHeader)
    return { status: 403, text: 'A write needs an Origin header or the token in a header.' }
  return undefined
}

/** Compares digests in constant time: neither the token's length nor its beginning shows. */
export function isToken(given: unknown, { token }: Gate): boolean {
  if (typeof given !== 'string') return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

/** Exactly one Host header. */
export function readHost(req: IncomingMessage): string | undefined {
  const hosts = req.rawHeaders.filter(
    (_, index) => index % 2 === 1 && req.rawHeaders[index - 1]?.toLowerCase() === 'host',
  )
  return hosts.length === 1 ? hosts[0]?.toLowerCase() : undefined
}

function listHosts(port: number): string[] {
  return ['127.0.0.1', 'localhost'].map((name) => `${name}:${port}`)
}

function readCookie(req: IncomingMessage, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
