import { parseUrl } from '../checks/runtime.ts'

/**
 * Builds the URL of a request to one of Twilio's APIs, which carries credentials. The path may come
 * from an answer, so it is checked that it leads nowhere else.
 *
 * @param base the address of the product, such as `https://api.twilio.com`, perhaps with a path and
 *   without a slash at the end
 * @param path path and query below that address, beginning with a slash
 * @returns the URL, or `undefined` if it would have another origin or leave the path of `base`
 */
export function buildApiUrl(base: string, path: string): string | undefined {
  const own = parseUrl(`${base}/`)
  const url = path.startsWith('/') ? parseUrl(base + path) : undefined
  const isOwn = own !== undefined && url?.origin === own.origin && url.pathname.startsWith(own.pathname)
  return isOwn ? url.href : undefined
}
