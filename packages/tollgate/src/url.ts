/** The parts of a URL, unchanged: joined, they are the URL again. */
export interface UrlParts {
  readonly scheme: string
  /** With its `@`, or empty. */
  readonly userinfo: string
  /** As it is written, because Twilio signs the host as it was configured. */
  readonly host: string
  /** With its colon, or empty. */
  readonly port: string
  readonly path: string
  /** With its `?`, or empty. */
  readonly query: string
}

const urlPattern =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  /^(https?|wss?):\/\/([^/?#\\\x00-\x20\x7f]*@)?(\[[0-9a-f:.]+\]|[^/?#:@[\]\\<>^`{|}"%\x00-\x20\x7f]+)(:\d{1,5})?(\/[^?#\x00-\x1f\x7f]*)?(\?[^#\x00-\x1f\x7f]*)?(?:#.*)?$/i

/**
 * Splits an absolute http, https, ws or wss URL. A fragment is dropped, because Twilio neither
 * sends nor signs it.
 * @returns `undefined` for anything else
 */
export function splitUrl(url: unknown): UrlParts | undefined {
  const match = typeof url === 'string' ? urlPattern.exec(url) : null
  if (match === null) return undefined
  const [, scheme, userinfo = '', host, port = '', path = '', query = ''] = match
  if (port !== '' && !isPort(port.slice(1))) return undefined
  return { scheme: scheme as string, userinfo, host: host as string, port, path, query }
}

/** Joins the parts of a URL without the userinfo, which Twilio does not sign. */
export function joinUrl({ scheme, host, port, path, query }: UrlParts): string {
  return `${scheme}://${host}${port}${path}${query}`
}

/** True for the digits of a port from 1 to 65,535. */
export function isPort(digits: string): boolean {
  return /^\d{1,5}$/.test(digits) && Number(digits) > 0 && Number(digits) <= 65_535
}

/** True for ws and wss. */
export function isWebSocketScheme(scheme: string): boolean {
  return /^wss?$/i.test(scheme)
}

/** Returns the default port of a scheme, with its colon. */
export function findDefaultPort(scheme: string): string {
  return /^(https|wss)$/i.test(scheme) ? ':443' : ':80'
}
