import { cleanText } from '../io.ts'

/**
 * A URL as it is configured. Nothing is normalised: the differences are what the audit looks for.
 */
export interface WebhookUrl {
  readonly scheme: string
  readonly userinfo: string
  readonly host: string
  readonly port: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/**
 * Parses a URL as it is written. A value that Studio fills in later counts as a letter. Any other URL
 * has the parts that the verifier finds in it, and no other one is read.
 */
export function parseWebhookUrl(url: string): WebhookUrl | undefined {
  const filled = url.replace(/\{\{[^{}]*\}\}/g, 'x')
  const [, scheme = '', userinfo = '', host = '', port = '', path = '', query = '', fragment = ''] =
    /^(https?|wss?):\/\/(?:([^/?#\\]*)@)?(\[[0-9a-f:.]+\]|[^/?#:@[\]\\<>^`{|}"%]+)(:\d{1,5})?(\/[^?#]*)?(\?[^#]*)?(#.*)?$/is.exec(
      filled,
    ) ?? []
  const isPort = port === '' || (Number(port.slice(1)) > 0 && Number(port.slice(1)) <= 65_535)
  if (host === '' || !isPort || /[\s\p{Cc}]/u.test(filled)) return undefined
  return { scheme, userinfo, host, port, path, query, fragment }
}

export function removeFragment(url: string): string {
  return url.replace(/#.*$/s, '')
}

export function findDefaultPort({ scheme }: WebhookUrl): number {
  return /^(https|wss)$/i.test(scheme) ? 443 : 80
}

/** Returns the one spelling of a host: lower case, IDN in ASCII, and IPv6 compressed. */
export function toAsciiHost(host: string): string {
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname : host.toLowerCase()
}

// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const overrides = /^#(rc|rp|ct|rt|tt|sni|e)=[\w.,-]*(&(rc|rp|ct|rt|tt|sni|e)=[\w.,-]*)*$/

/** Connection overrides are a fragment that Twilio reads, such as `#rc=2`. */
export function isConnectionOverride(fragment: string): boolean {
  return overrides.test(fragment)
}

/**
 * Hides the userinfo, the values of the query, and a fragment that is not a connection override.
 */
export function maskUrl(url: string): string {
  const [, before = '', query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url) ?? []
  const parts = parseWebhookUrl(url)
  // In a malformed URL all text beside an @ may belong to a password or to a value.
  if (parts === undefined && /@|%40|\uff20/.test(url)) return cleanText(`${/^\w{1,10}:[/\\]*/.exec(url)?.[0] ?? ''}***`)
  const shown = before.replace(/^(\w+:\/\/)[^/]*@/, '$1***@')
  return cleanText(
    (parts?.userinfo && shown === before ? `${parts.scheme}://***` : shown) +
      query.replace(/[^?&]+/g, (pair) => (pair.includes('=') ? pair.replace(/=.*$/s, '=***') : '***')) +
      (fragment === '' || isConnectionOverride(fragment) ? fragment : '#***'),
  )
}
