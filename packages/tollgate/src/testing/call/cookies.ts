import { parseUrl } from '../../checks/runtime.ts'

const mostCookies = 50
const longestCookie = 4096

/** The cookies of one call. Twilio returns them "like a browser", by host. */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, string>>()

  /** Returns the value of the Cookie header, empty without cookies. */
  read(url: string): string {
    const cookies = this.#hosts.get(parseUrl(url)?.host ?? '') ?? []
    return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  keep(url: string, headers: readonly (readonly [name: string, value: string])[]): void {
    const host = parseUrl(url)?.host ?? ''
    const cookies = this.#hosts.get(host) ?? new Map<string, string>()
    for (const [header, field] of headers) {
      if (header.toLowerCase() !== 'set-cookie' || field.length > longestCookie) continue
      const [, name, value = ''] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([!-:<-~]*)/.exec(field) ?? []
      if (name === undefined) continue
      if (/;\s*(max-age\s*=\s*(0|-\d+)\s*(;|$)|expires\s*=\s*thu, 01[ -]jan[ -]1970)/i.test(field)) cookies.delete(name)
      else if (cookies.has(name) || cookies.size < mostCookies) cookies.set(name, value)
    }
    this.#hosts.set(host, cookies)
  }
}
