import { cleanText } from '../io.ts'

/** A URL as it is configured. Nothing is normalised: the differences are what the audit looks for. */
export interface Parts {
  readonly scheme: string
  readonly userinfo: string
  readonly host: string
  readonly port: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** Splits a URL as it is written. A value that Studio fills in later counts as a letter. */
export function splitUrl(url: string): Parts | undefined {
  const filled = url.replace(/\{\{.*?\}\}/g, 'x')
  const [, scheme = '', userinfo = '', host = '', port = '', path = '', query = '', fragment = ''] =
    /^(https?|wss?):\/\/(?:([^/?#]*)@)?([^/?#@:[\]]+|\[[0-9a-f:.]+\])(:\d{1,5})?(\/[^?#]*)?(\?[^#]*)?(#.*)?$/is.exec(
      filled,
    ) ?? []
  return host === '' || /\s/.test(filled) ? undefined : { scheme, userinfo, host, port, path, query, fragment }
}

// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const overrides = /^#(rc|rp|ct|rt|tt|sni|e)=[^&]*(&(rc|rp|ct|rt|tt|sni|e)=[^&]*)*$/

/** Connection overrides are a fragment that Twilio reads, such as `#rc=2`. */
export function isConnectionOverride(fragment: string): boolean {
  return overrides.test(fragment)
}

/** Hides the userinfo, the values of the query, and a fragment that is no connection override. */
export function maskUrl(url: string): string {
  const [, before = '', query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url) ?? []
  return cleanText(
    before.replace(/^([^/]*\/\/)?[^/]*@/, '$1***@') +
      query.replace(/=[^&]*/g, '=***').replace(/([?&])[^=&]+(?=&|$)/g, '$1***') +
      (fragment === '' || isConnectionOverride(fragment) ? fragment : '#***'),
  )
}
