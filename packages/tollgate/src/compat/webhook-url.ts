import type { HeaderReader } from '../request/headers.ts'
import { parseHost, readHost } from '../request/host.ts'
import { readTarget } from '../request/public-url.ts'
import { splitUrl } from '../scheme/signed-url.ts'
import { isSameQuery } from './spellings.ts'
import type { Request, RequestValidatorOptions } from './types.ts'

/**
 * Checks the options of `webhook()`.
 * @throws TypeError that names the option.
 */
export function checkUrlOptions({ url, host, protocol }: RequestValidatorOptions): void {
  if (isGiven(url) && (typeof url !== 'string' || splitUrl(url.trim()) === undefined))
    throw new TypeError('"url" must be the whole https or http URL that Twilio requests')
  if (isGiven(host) && (typeof host !== 'string' || parseHost(host) === undefined))
    throw new TypeError('"host" must be the host that Twilio requests, such as "api.example.com", and nothing more')
  if (isGiven(protocol) && (typeof protocol !== 'string' || !/^(https?|wss?):?$/.test(protocol)))
    throw new TypeError(`"protocol" must be 'https' or 'http'`)
}

// An empty string counts as not given, as in the package: an unset variable in a template leaves
// one.
function isGiven(option: unknown): boolean {
  return option !== undefined && option !== null && option !== ''
}

/**
 * Finds the URL that Twilio requested.
 * @returns `undefined` if the target or the host is malformed, or if the query is not the one of
 *   the option `url`
 */
export function findWebhookUrl(
  request: Request,
  header: HeaderReader,
  options: RequestValidatorOptions,
): string | undefined {
  const target = readTarget(request.originalUrl)
  if (target === undefined) return undefined
  const { url } = options
  if (isGiven(url)) {
    const configured = typeof url === 'string' ? splitUrl(url.trim()) : undefined
    if (configured === undefined) return undefined
    // The signature covers `url`, not the query that arrived. Without this check, anything could be
    // added to the query of a signed request. An empty query is allowed, because a proxy that
    // rewrites paths may drop it.
    return target.query === '' || isSameQuery(target.query, configured.query) ? url : undefined
  }
  const host = isGiven(options.host) ? parseHost(toText(options.host)) : readHost(header, request.originalUrl)
  if (host === undefined) return undefined
  const protocol = toText(isGiven(options.protocol) ? options.protocol : request.protocol).replace(/:$/, '')
  return `${protocol}://${host.host}${host.port}${target.path}${target.query}`
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
