import { encodeUtf8 } from '../bytes.ts'
import { writeNotes } from './notes.ts'
import {
  findHeader,
  framing,
  fromLatin1,
  hiddenValue,
  isBodyLost,
  ownTarget,
  type RecordedRequest,
  splitUrl,
  toLatin1,
} from './request.ts'

/**
 * The host in the command, if the record names none.
 * https://www.rfc-editor.org/rfc/rfc6761#section-6.4
 */
export const unknownHost = 'host.invalid'

/** The part of a request that a command sends. */
type CurlInput = Omit<RecordedRequest, 'response' | 'details' | 'time' | 'durationMs'>

// Linux limits one argument to 128 KiB. `printf` is part of the shell, so it has no limit.
const longestArgument = 100_000

/**
 * Writes a curl command for a POSIX shell that sends exactly these bytes. It is printable ASCII and
 * line feeds, so that a terminal runs nothing else when it is pasted. Comments before the command have
 * the facts that it cannot hold.
 */
export function formatCurl(request: CurlInput): string {
  const { method, body, bodyTruncated, bodyDecoded, parsedBody } = request
  const url = toCurlUrl(request.url)
  const { options, leftOut } = formatHeaders(request)
  // Without these options curl reads brackets as ranges and resolves dot segments, which changes
  // the signed URL.
  const lines = ['curl --globoff --path-as-is']
  if (findHeader(request.headers, 'upgrade') !== undefined) lines.push('--http1.1 --include --no-buffer')
  if (method === 'HEAD' && body === undefined) lines.push('--head')
  else if (method !== (body === undefined ? 'GET' : 'POST')) lines.push(`--request ${quote(method)}`)
  const text = body === undefined ? undefined : toLatin1(body)
  const isPlain = text !== undefined && text.length <= longestArgument && /^[ -~]*$/.test(text)
  // curl drops an empty query.
  if (url.endsWith('?')) lines.push(`--request-target ${quote(splitUrl(url)?.target ?? '/')}`)
  lines.push(...options)
  if (text !== undefined) lines.push(isPlain ? `--data-raw ${quote(text)}` : '--data-binary @-')
  const command = [...lines, quote(url)].join(' \\\n  ')
  const notes = writeNotes({
    ...(url !== request.url && { url: request.url }),
    ...{ target: ownTarget(request), bodyTruncated, bodyDecoded, parsedBody, bodyLost: isBodyLost(request), leftOut },
  })
  return [...notes, text === undefined || isPlain ? command : `printf '${formatPrintf(text)}' | ${command}`].join('\n')
}

/** Writes a request as a file with a command. */
export function writeCurl(request: RecordedRequest): Uint8Array {
  return fromLatin1(`${formatCurl(request)}\n`)
}

interface CurlHeaders {
  readonly options: readonly string[]
  readonly leftOut: readonly { readonly name: string; readonly value: string; readonly reason: string }[]
}

function formatHeaders(request: CurlInput): CurlHeaders {
  const authority = splitUrl(request.url)?.authority
  const bodyLost = isBodyLost(request)
  const options: string[] = []
  const leftOut: { name: string; value: string; reason: string }[] = []
  let hasHost = false
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase()
    const reason = bodyLost && framing.includes(key) ? 'the body was not kept' : explain(value)
    if (reason === undefined && framing.includes(key)) continue
    // curl writes this one itself.
    if (key === 'host' && !hasHost && value === authority) {
      hasHost = true
      continue
    }
    if (reason !== undefined) leftOut.push({ name, value, reason })
    else if (key === 'host' && hasHost) leftOut.push({ name, value, reason: 'curl sends one Host' })
    // In curl, "name:" removes a header and "name;" sends an empty one.
    else options.push(`--header ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`)
    hasHost ||= key === 'host'
  }
  // curl adds the type of a form to a body.
  if (request.body !== undefined && !options.some((option) => /^--header 'content-type[:;]/i.test(option)))
    options.push("--header 'Content-Type:'")
  return { options, leftOut }
}

function explain(value: string): string | undefined {
  if (value === hiddenValue) return 'its value is hidden'
  return /^[ -~]*$/.test(value) ? undefined : 'its value is not plain ASCII'
}

/**
 * Writes a URL that curl accepts. curl and web Requests send the handshake of a WebSocket as the
 * HTTP request that it is.
 */
function toCurlUrl(url: string): string {
  const absolute = url.startsWith('/') ? `https://${unknownHost}${url}` : url.replace(/^ws/i, 'http')
  return absolute.replace(/[^!-~]+/g, (some) =>
    Array.from(encodeUtf8(some), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

// A shell changes nothing between single quotes, so only a single quote needs an escape.
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Writes bytes as the format of `printf`. A minus at the start would be an option. */
function formatPrintf(text: string): string {
  return text
    .replace(/[\\%]/g, '$&$&')
    .replace(/[^ -~]|'|^-/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
