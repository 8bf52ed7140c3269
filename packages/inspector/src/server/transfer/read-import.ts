import type { CapturedBody, HeaderList } from '../../shared/capture.ts'
import { dropUserinfo } from '../../shared/url-parts.ts'
import { captureBody } from '../body-text.ts'

/** A request from a file. The file's other fields, such as verdicts and causes, are ignored. */
interface ImportedRequest extends CapturedBody {
  readonly method: string
  readonly url: string
  readonly target: string
  readonly headers: HeaderList
  readonly time?: number
}

interface ReadImport {
  readonly requests: readonly ImportedRequest[]
  readonly refused: readonly { readonly entry: number; readonly reason: string }[]
}

const maxEntries = 2_000
const maxHeaders = 200
const maxUrl = 65_536
const maxBody = 1_048_576

/**
 * Reads captures or a HAR file. Malformed entries are skipped and reported in `refused`.
 * @throws Error with the reason if the file is neither
 */
export function readImport(file: unknown): ReadImport {
  const entries = findEntries(file)
  if (entries === undefined) throw new Error('This is not a list of captures or an HTTP Archive (HAR).')
  const requests: ImportedRequest[] = []
  const refused: { entry: number; reason: string }[] = []
  for (const [index, entry] of entries.slice(0, maxEntries).entries()) {
    const request = readEntry(entry)
    if (typeof request === 'string') refused.push({ entry: index + 1, reason: request })
    else requests.push(request)
  }
  if (entries.length > maxEntries)
    refused.push({ entry: maxEntries + 1, reason: `only the first ${maxEntries} entries of a file are read` })
  return { requests, refused }
}

function findEntries(file: unknown): readonly unknown[] | undefined {
  if (Array.isArray(file)) return file
  const captures = read(file, 'captures')
  if (Array.isArray(captures)) return captures
  const entries = read(read(file, 'log'), 'entries')
  if (Array.isArray(entries)) return entries
  return typeof read(file, 'method') === 'string' ? [file] : undefined
}

function readEntry(entry: unknown): ImportedRequest | string {
  const request = read(entry, 'request') ?? entry
  const method = read(request, 'method')
  const url = read(request, 'url')
  if (typeof method !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(method)) return 'its method is not valid'
  if (typeof url !== 'string' || url.length > maxUrl) return 'its URL is missing or too long'
  const target = /^(?:https?|wss?):\/\/[^/?#]+([^#]*)/i.exec(url)?.[1] ?? url
  if (!/^(?:[/?][^\s#]*)?$/.test(target)) return 'its URL is neither absolute nor a path'
  const headers = readHeaders(read(request, 'headers'))
  if (typeof headers === 'string') return headers
  const body = readBodyOf(request)
  if (typeof body === 'string') return body
  return {
    method,
    url: dropUserinfo(url),
    target: target.startsWith('/') ? target : `/${target}`,
    headers,
    ...body,
    ...readTime(entry),
  }
}

function readHeaders(list: unknown): HeaderList | string {
  if (!Array.isArray(list)) return 'its headers are not a list'
  if (list.length > maxHeaders) return `it has more than ${maxHeaders} headers`
  const headers: [string, string][] = []
  for (const one of list) {
    const [name, value] = Array.isArray(one) ? one : [read(one, 'name'), read(one, 'value')]
    if (typeof name !== 'string' || typeof value !== 'string') return 'a header is not a name and a value'
    // HTTP/2 captures include the request line in the headers.
    if (name.startsWith(':')) continue
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      return 'a header is not valid in HTTP'
    headers.push([name, value])
  }
  return headers
}

function readBodyOf(request: unknown): CapturedBody | string {
  const posted = read(request, 'postData')
  const text = posted === undefined ? read(request, 'body') : (read(posted, 'text') ?? writeForm(posted))
  const base64 = posted === undefined ? read(request, 'bodyBase64') : undefined
  const encoded = base64 ?? (read(posted, 'encoding') === 'base64' ? text : undefined)
  const given = encoded ?? text
  if (given === undefined || given === null) return {}
  if (typeof given !== 'string') return 'its body is not a string'
  if (given.length > 2 * maxBody) return 'its body is larger than 1 MiB'
  if (encoded !== undefined && !/^[A-Za-z0-9+/]*={0,2}$/.test(given)) return 'its body is not Base64'
  const bytes = Buffer.from(given, encoded === undefined ? 'utf8' : 'base64')
  return bytes.length > maxBody ? 'its body is larger than 1 MiB' : captureBody(bytes)
}

/** Writes the form that a HAR file has only as names and values. */
function writeForm(posted: unknown): string | undefined {
  const params = read(posted, 'params')
  if (!Array.isArray(params) || !/x-www-form-urlencoded/i.test(String(read(posted, 'mimeType')))) return undefined
  const pairs = params.map((each): [string, string] => [
    String(read(each, 'name') ?? ''),
    String(read(each, 'value') ?? ''),
  ])
  return areDecoded(pairs.flat())
    ? new URLSearchParams(pairs).toString()
    : pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

/**
 * Says whether names and values are decoded, which the format leaves open. A form has neither
 * spaces nor text beyond ASCII. Otherwise an escape means "as sent". Without one, the plus of a
 * phone number means "decoded".
 */
function areDecoded(parts: readonly string[]): boolean {
  if (parts.some((part) => /[^\x21-\x7e]/.test(part))) return true
  return !parts.some((part) => /%[0-9a-f]{2}/i.test(part)) && parts.some((part) => /(?:^|:)\+\d/.test(part))
}

function readTime(entry: unknown): { time?: number } {
  const given = read(entry, 'time')
  const started = read(entry, 'startedDateTime')
  const time = typeof started === 'string' ? Date.parse(started) : given
  return typeof time === 'number' && time > 0 && time < 8.64e15 ? { time } : {}
}

/** Reads only own properties: a file may use names that every object inherits. */
function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
