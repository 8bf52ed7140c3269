import { isPort } from '../scheme/signed-url.ts'
import { type HeaderReader, readSingle } from './headers.ts'

export interface HostAndPort {
  readonly host: string
  /** With its colon, or empty. */
  readonly port: string
}

// RFC 1035 section 2.3.4 allows a name 255 octets. The rest is for a port.
const longestHost = 255 + ':65535'.length

/** Reads `host` or `host:port`; `undefined` for anything that could be taken for more than that. */
export function parseHost(text: string): HostAndPort | undefined {
  if (text.length > longestHost) return undefined
  const [, host, port = ''] =
    /^([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.exec(text) ?? []
  if (host === undefined || host.includes('..') || (port !== '' && !isPort(port.slice(1)))) return undefined
  return { host, port }
}

/**
 * The host that a request was sent to: Host, or HTTP/2's :authority; where neither is at hand, as in some fetch handlers, that of
 * the absolute URL. `undefined` where it is repeated, malformed or contradicts itself.
 */
export function readHost(header: HeaderReader, url: unknown): HostAndPort | undefined {
  const host = readSingle(header, 'host')
  const authority = readSingle(header, ':authority')
  if (host === 'repeated' || authority === 'repeated') return undefined
  if (host !== undefined && authority !== undefined && host.value.toLowerCase() !== authority.value.toLowerCase())
    return undefined
  const named = host ?? authority
  if (named !== undefined) return parseHost(named.value)
  const [, fromUrl] = typeof url === 'string' ? (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? []) : []
  return fromUrl === undefined ? undefined : parseHost(fromUrl)
}
