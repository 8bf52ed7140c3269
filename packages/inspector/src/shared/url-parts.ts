const names = ['scheme', 'host', 'port', 'path', 'query'] as const

/** One part of a URL, with its separators, and whether another URL has a different one. */
interface UrlPart {
  readonly name: (typeof names)[number]
  readonly text: string
  readonly differs: boolean
}

/**
 * Splits a URL into its parts, as it is written, and compares each with the part of another URL.
 *
 * @returns the parts that occur; a text that is not a URL is one path
 */
export function compareUrlParts(url: string, other: string): UrlPart[] {
  const [parts, others] = [splitUrl(url), splitUrl(other)]
  return names.map((name) => ({ name, text: parts[name], differs: parts[name] !== others[name] }))
}

function splitUrl(url: string): Record<UrlPart['name'], string> {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*?)(:\d*)?([/?#].*)?$/is.exec(url)
  const [, scheme = '', host = '', port = '', rest = ''] = match ?? [url, '', '', '', url]
  const query = rest.indexOf('?')
  return {
    scheme,
    host,
    port,
    path: query === -1 ? rest : rest.slice(0, query),
    query: query === -1 ? '' : rest.slice(query),
  }
}

/**
 * Splits a URL where a line may break: after `/`, `?` and `&`, but not between scheme and host.
 * Together the pieces are the URL.
 */
export function splitAtBreaks(url: string): string[] {
  return url.split(/(?<=[/?&])(?<!:\/\/)(?![/?&])/)
}

/** Removes the name and password of a URL. Twilio signs neither, and they are credentials. */
export function dropUserinfo(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}
