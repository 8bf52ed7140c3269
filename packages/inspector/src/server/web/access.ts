import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Gate {
  readonly port: number
  readonly token: string
  /** A browser sends a cookie of 127.0.0.1 to each of its ports, so the name tells this run from others. */
  readonly cookieName: string
  readonly codes: Codes
}

const cookiePrefix = 'tollgate_inspector_'

/** Makes the name of the cookie of one run. */
export function createCookieName(): string {
  return cookiePrefix + randomBytes(4).toString('hex')
}

/** The codes in addresses. Each opens the page once. */
export interface Codes {
  /** How many were not used yet. */
  readonly size: number
  create(): string
  /** Returns true once for each code. */
  use(code: string | null): boolean
}

const maxCodes = 20

/** An address is seen in the list of processes, and stays in a browser's history and in a log. */
export function createCodes(): Codes {
  // Digests, because the time of a look-up may depend on the text.
  const unused = new Set<string>()
  const digest = (code: string): string => createHash('sha256').update(code).digest('hex')
  return {
    get size() {
      return unused.size
    },
    create() {
      const code = randomBytes(24).toString('base64url')
      for (const oldest of unused) if (unused.size >= maxCodes) unused.delete(oldest)
      unused.add(digest(code))
      return code
    },
    use: (code) => code !== null && unused.delete(digest(code)),
  }
}

/**
 * Lists the cookies of runs that have ended, which a browser keeps until its end, except for the
 * newest. RFC 6265 section 5.4: a browser sends the oldest first.
 */
export function listOldCookies(req: IncomingMessage, { cookieName }: Gate): readonly string[] {
  const names = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim().replace(/=.*$/s, ''))
  const others = names.filter((name) => name !== cookieName && /^tollgate_inspector_[0-9a-f]{8}$/.test(name))
  return others.slice(0, -5)
}

/** The header, in lower case, in which programs other than browsers send the token. */
const tokenHeader = 'x-tollgate-inspector-token'

/**
 * Returns the reason to refuse a request, or `undefined` to allow it.
 * @param isPage true for the page itself, which a link of another site may open
 */
export function refuseAccess(
  req: IncomingMessage,
  gate: Gate,
  isPage: boolean,
): { status: number; text: string } | undefined {
  const host = readOwnHost(req, gate)
  // DNS rebinding: another site can reach this address under its own name.
  if (host === undefined) return { status: 403, text: `This page answers only at http://127.0.0.1:${gate.port}.` }
  const { origin } = req.headers
  const foreign = origin !== undefined && origin !== `http://${host}`
  // A page on another port is of the same site, so the browser sends the cookie with a navigation,
  // which has no Origin. It could not read the answer, but it could start a download.
  const crossSite = !['same-origin', 'none', undefined].includes(req.headers['sec-fetch-site'] as string | undefined)
  if (foreign || (crossSite && !isPage)) return { status: 403, text: 'Other sites may not use this page.' }
  const reads = req.method === 'GET' || req.method === 'HEAD'
  const byHeader = isToken(req.headers[tokenHeader], gate)
  if (!byHeader && !hasCookie(req, gate))
    return {
      status: 401,
      text: 'Open the newest address that the terminal printed: it has a code that opens this page once.',
    }
  // A browser sends Origin with every write, and only a browser has the cookie.
  if (!reads && origin === undefined && !byHeader)
    return { status: 403, text: 'A write needs an Origin header or the token in a header.' }
  return undefined
}

/** Returns true if the request has the cookie of this run. */
export function hasCookie(req: IncomingMessage, gate: Gate): boolean {
  return isToken(readCookie(req, gate.cookieName), gate)
}

/**
 * Compares digests in constant time, which reveals neither the token's length nor its beginning.
 */
function isToken(given: unknown, { token }: Pick<Gate, 'token'>): boolean {
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
