import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Gate {
  readonly port: number
  readonly token: string
}

/** The header, in lower case, in which programs other than browsers send the token. */
const tokenHeader = 'x-tollgate-inspector-token'

/** All ports of a host share cookies, so the port in the name separates two inspectors. */
export function cookieName({ port }: Gate): string {
  return `tollgate_inspector_${port}`
}

/** Returns the reason to refuse a request, or `undefined` to allow it. */
export function refuseAccess(req: IncomingMessage, gate: Gate): { status: number; text: string } | undefined {
  const host = readOwnHost(req, gate)
  // DNS rebinding: another site can reach this address under its own name.
  if (host === undefined) return { status: 403, text: `This page answers only at http://127.0.0.1:${gate.port}.` }
  const { origin } = req.headers
  const foreign = origin !== undefined && origin !== `http://${host}`
  const crossSite = !['same-origin', 'none', undefined].includes(req.headers['sec-fetch-site'] as string | undefined)
  const reads = req.method === 'GET' || req.method === 'HEAD'
  if (foreign || (crossSite && !reads)) return { status: 403, text: 'Other sites may not use this page.' }
  const byHeader = isToken(req.headers[tokenHeader], gate)
  if (!byHeader && !isToken(readCookie(req, cookieName(gate)), gate))
    return {
      status: 401,
      text: 'Open the address that the terminal printed: it includes the token for this page.',
    }
  // A browser sends Origin with every write, and only a browser has the cookie.
  if (!reads && origin === undefined && !byHeader)
    return { status: 403, text: 'A write needs an Origin header or the token in a header.' }
  return undefined
}

/**
 * Compares digests in constant time, which reveals neither the token's length nor its beginning.
 */
export function isToken(given: unknown, { token }: Gate): boolean {
  if (typeof given !== 'string') return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

/** Returns the Host header in lower case; `undefined` unless there is exactly one, of this page. */
export function readOwnHost(req: IncomingMessage, { port }: Gate): string | undefined {
  const hosts = req.rawHeaders.filter(
    (_, index) => index % 2 === 1 && req.rawHeaders[index - 1]?.toLowerCase() === 'host',
  )
  const own = ['127.0.0.1', 'localhost'].map((name) => `${name}:${port}`)
  return hosts.length === 1 ? own.find((host) => host === hosts[0]?.toLowerCase()) : undefined
}

function readCookie(req: IncomingMessage, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
