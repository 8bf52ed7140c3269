import { parseUrl } from './urls.ts'

const mostCookies = 50
const longestCookie = 4096

interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  /** In milliseconds since 1970. `Infinity` until the end of the call. */
  readonly expires: number
}

/**
 * The cookies of one call. Twilio returns them "like a browser": by host, by Path, and until Max-Age
 * or Expires. A cookie goes back only to the host that set it: Domain is ignored.
 * RFC 6265 sections 5.1.4, 5.3 and 5.4.
 */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, Cookie>>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Returns the value of the Cookie header, empty without cookies. */
  read(url: string): string {
    const { host, pathname } = readPlace(url)
    return [...(this.#hosts.get(host)?.values() ?? [])]
      .filter(({ path, expires }) => expires > this.#now() && isBelow(pathname, path))
      .sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  keep(url: string, headers: readonly (readonly [name: string, value: string])[]): void {
    const { host, pathname } = readPlace(url)
    const cookies = this.#hosts.get(host) ?? new Map<string, Cookie>()
    for (const [header, field] of headers) {
      if (header.toLowerCase() !== 'set-cookie' || field.length > longestCookie) continue
      const cookie = readCookie(field, pathname, this.#now())
      if (cookie === undefined) continue
      const key = `${cookie.name} ${cookie.path}`
      if (cookie.expires <= this.#now()) cookies.delete(key)
      else if (cookies.has(key) || cookies.size < mostCookies) cookies.set(key, cookie)
    }
    this.#hosts.set(host, cookies)
  }
}

function readPlace(url: string): { readonly host: string; readonly pathname: string } {
  return parseUrl(url) ?? { host: '', pathname: '/' }
}

function readCookie(field: string, pathname: string, now: number): Cookie | undefined {
  const [pair = '', ...attributes] = field.split(';')
  const [, name, value = ''] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([!-:<-~]*)/.exec(pair) ?? []
  if (name === undefined) return undefined
  const pairs = attributes.map((attribute) => {
    const [key = '', ...rest] = attribute.split('=')
    return [key.trim().toLowerCase(), rest.join('=').trim()] as const
  })
  // Of an attribute that is repeated, the last one counts.
  const find = (wanted: string): string | undefined => pairs.findLast(([key]) => key === wanted)?.[1]
  const path = find('path')
  return {
    name,
    value,
    path: path?.startsWith('/') ? path : pathname.replace(/\/[^/]*$/, '') || '/',
    expires: readExpiry(find('max-age'), find('expires'), now),
  }
}

function readExpiry(maxAge: string | undefined, expires: string | undefined, now: number): number {
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000
  // Netscape's form of a date has hyphens: 01-Jan-1970.
  const date = expires === undefined ? Number.NaN : Date.parse(expires.replace(/(?<=\d)-([a-z]{3})-(?=\d)/i, ' $1 '))
  return Number.isNaN(date) ? Number.POSITIVE_INFINITY : date
}

function isBelow(pathname: string, path: string): boolean {
  return pathname.startsWith(path) && (path.endsWith('/') || /^(\/|$)/.test(pathname.slice(path.length)))
}
