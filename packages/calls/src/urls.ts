import { splitUrl } from 'tollgate/internal'

/**
 * Resolves a URL of a document. An absolute one stays as it is written, and a relative one gets the
 * host as the document has it, because Twilio signs both so.
 * @returns `undefined` if it is not http or https, or has a host that Twilio refuses
 */
export function resolveUrl(text: string, base: string): string | undefined {
  const written = text.trim()
  if (written === '') return base
  const [url, from] = [parseUrl(written, base), parseUrl(base)]
  // Twilio refuses hosts with an underscore: https://www.twilio.com/docs/voice/twiml/number
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname.includes('_')) return undefined
  if (/^https?:\/\/[!-~]+$/i.test(written)) return written
  const [origin] = /^https?:\/\/[^/?#\\]+/i.exec(base) ?? []
  const isRelative = url.origin === from?.origin && !/^([a-z][a-z0-9+.-]*:|[\\/]{2})/i.test(written)
  return isRelative && origin !== undefined ? `${origin}${url.pathname}${url.search}${url.hash}` : url.href
}

/**
 * Cuts the userinfo and the fragment, which Twilio neither signs nor sends:
 * https://www.twilio.com/docs/usage/security and /webhooks/webhooks-connection-overrides
 */
export function toSignedUrl(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//').replace(/#.*$/s, '')
}

/**
 * Cuts the public URL of a server from the beginning of a URL. The host is compared in any letter
 * case, and a default port is the same as none. A socket fits the http or https URL of its server.
 * @param url A URL of a document: treat it as hostile.
 * @param publicUrl May have a path, which is a prefix.
 * @returns what follows: empty, or with a slash or a question mark first. `undefined` if the URL is
 *   not below the public URL, or has userinfo
 */
export function cutPublicUrl(url: string, publicUrl: string): string | undefined {
  const [given, base] = [splitUrl(url), splitUrl(publicUrl)]
  if (given === undefined || base === undefined || given.userinfo !== '') return undefined
  const prefix = base.target.replace(/\/?(\?.*)?$/s, '')
  const rest = given.target.slice(prefix.length)
  const isSame =
    (/^wss?$/i.test(given.scheme) || given.scheme.toLowerCase() === base.scheme.toLowerCase()) &&
    readHost(given, base.scheme) === readHost(base, base.scheme) &&
    given.target.startsWith(prefix) &&
    /^([/?]|$)/.test(rest)
  return isSame ? rest : undefined
}

/** The host with its port, also if that is the default. */
function readHost({ authority }: { readonly authority: string }, scheme: string): string {
  const [, host = '', port] = /^(.*?)(?::0*(\d+))?$/.exec(authority.toLowerCase()) ?? []
  return `${host}:${port ?? (/^(https|wss)$/i.test(scheme) ? 443 : 80)}`
}

/** Parses a URL by the WHATWG rules. `undefined` if it cannot be parsed. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
