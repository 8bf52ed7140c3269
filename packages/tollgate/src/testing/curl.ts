/** What a curl command is made of; a `SignedRequest` is one. */
export interface CurlRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** Writes a command for a POSIX shell. A body with a NUL is a `TypeError`: no argument of a command can hold one. */
export function formatCurl(request: CurlRequest): string {
  const { method, body } = request
  if (body?.includes('\0')) throw new TypeError('The body contains a NUL character, which no shell can pass to curl')
  // Otherwise curl reads brackets as ranges, resolves dot segments, and the URL is no longer the one that was signed.
  const lines = ['curl --globoff --path-as-is']
  if (request.headers.upgrade) lines.push('--http1.1 --include --no-buffer')
  if (method === 'HEAD') lines.push('--head')
  else if (method !== (body === undefined ? 'GET' : 'POST')) lines.push(`--request ${quote(method)}`)
  // To curl, "name:" removes a header and "name;" sends an empty one.
  for (const [name, value] of Object.entries(request.headers))
    lines.push(`--header ${quote(value.trim() === '' ? `${name};` : `${name}: ${value}`)}`)
  if (body !== undefined) lines.push(`--data-raw ${quote(body)}`)
  return [...lines, quote(toHttpUrl(request.url))].join(' \\\n  ')
}

/** curl and web Requests speak of a WebSocket's first request as the HTTP request that it is. */
export function toHttpUrl(url: string): string {
  return url.replace(/^ws/i, 'http')
}

/** Within single quotes a shell changes nothing, and only a single quote needs care. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
