import { UsageError } from '../exit.ts'
import { hideQuery } from '../io.ts'
import { checkRequest, type Fields, findHeader, type GivenRequest } from './request.ts'

export function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${from} is not JSON.`)
  }
}

export function isHar(value: unknown): boolean {
  return Array.isArray(property(property(value, 'log'), 'entries'))
}

/**
 * Parses one entry of a HAR file. http://www.softwareishard.com/blog/har-12-spec/
 * @param entry the number of the entry, from 1; may be left out if there is only one
 */
export function parseHar(value: unknown, entry: number | undefined): GivenRequest {
  const entries = property(property(value, 'log'), 'entries')
  if (!Array.isArray(entries)) throw new UsageError('The HAR file has no log.entries.')
  const number = chooseEntry(entries, entry, 'The HAR file')
  return parseHarRequest(property(entries[number - 1], 'request'), `Entry ${number} of the HAR file`)
}

function chooseEntry(entries: readonly unknown[], entry: number | undefined, from: string): number {
  if (entries.length === 0) throw new UsageError(`${from} has no entries.`)
  if (entry === undefined && entries.length > 1)
    throw new UsageError(`${from} has ${entries.length} entries; choose one with --entry N:\n${listEntries(entries)}`)
  if ((entry ?? 1) > entries.length)
    throw new UsageError(`--entry: ${from.replace('The', 'the')} has ${entries.length} entries.`)
  return entry ?? 1
}

const mostListed = 50

function listEntries(entries: readonly unknown[]): string {
  const lines = entries.slice(0, mostListed).map((entry, index) => {
    const request = property(entry, 'request') ?? entry
    const headers = toFields(property(request, 'headers')) ?? []
    const mark = findHeader(headers, 'x-twilio-signature') === undefined ? '' : '  (has X-Twilio-Signature)'
    return `  ${index + 1}  ${hideQuery(`${text(request, 'method')} ${text(request, 'url')}`)}${mark}`
  })
  if (entries.length > mostListed) lines.push(`  … and ${entries.length - mostListed} more`)
  return lines.join('\n')
}

function parseHarRequest(request: unknown, from: string): GivenRequest {
  const headers = readFields(property(request, 'headers'), from)
  return checkRequest(
    {
      method: text(request, 'method') ?? 'GET',
      url: text(request, 'url') ?? '',
      headers,
      body: readPostData(property(request, 'postData'), from),
    },
    from,
  )
}

function readPostData(postData: unknown, from: string): Uint8Array | undefined {
  const content = text(postData, 'text')
  if (content !== undefined && content !== '')
    return Buffer.from(content, text(postData, 'encoding') === 'base64' ? 'base64' : 'utf8')
  const params = property(postData, 'params')
  if (!Array.isArray(params) || params.length === 0) return undefined
  if (!/x-www-form-urlencoded/i.test(text(postData, 'mimeType') ?? ''))
    throw new UsageError(`${from} has a multipart form, which Twilio never sends.`)
  const pairs = params.map((each): [string, string] => [text(each, 'name') ?? '', text(each, 'value') ?? ''])
  return Buffer.from(
    areDecoded(pairs.flat())
      ? new URLSearchParams(pairs).toString()
      : pairs.map(([name, value]) => `${name}=${value}`).join('&'),
  )
}

/**
 * Says whether a HAR file has a form's names and values decoded. The format does not say which, and
 * tools differ. A form has neither spaces nor text beyond ASCII. Otherwise an escape means "as
 * sent". Without one, the plus of a phone number means "decoded".
 */
function areDecoded(parts: readonly string[]): boolean {
  if (parts.some((part) => /[^\x21-\x7e]/.test(part))) return true
  return !parts.some((part) => /%[0-9a-f]{2}/i.test(part)) && parts.some((part) => /(?:^|:)\+\d/.test(part))
}

/**
 * Parses the inspector's format: `{ method, url, headers, body or bodyBase64 }`, or its export of
 * several as `{ captures: [...] }`. An object as body is what a parser left of it.
 * @param entry the number of the capture in an export, from 1
 */
export function parseCapture(exported: unknown, entry?: number): GivenRequest {
  const from = 'The capture'
  const captures = property(exported, 'captures')
  const value = Array.isArray(captures) ? captures[chooseEntry(captures, entry, 'The export') - 1] : exported
  const [url, method] = [text(value, 'url'), text(value, 'method')]
  if (url === undefined || method === undefined)
    throw new UsageError(`${from} needs { "method", "url", "headers", "body" or "bodyBase64" }.`)
  if (property(value, 'bodyTruncated') === true)
    throw new UsageError(`${from} has only the beginning of the body, and a signature covers the whole body.`)
  const body = text(value, 'body')
  const parsed = findParsed(property(value, 'body'))
  const base64 = text(value, 'bodyBase64')
  if ((body ?? parsed) !== undefined && base64 !== undefined)
    throw new UsageError(`${from} has both "body" and "bodyBase64".`)
  if (base64 !== undefined && !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw new UsageError(`${from}: "bodyBase64" is not Base64.`)
  for (const name of ['body', 'bodyBase64'])
    if (
      ![undefined, null, 'string'].includes(typeOf(property(value, name))) &&
      !(name === 'body' && parsed !== undefined)
    )
      throw new UsageError(`${from}: "${name}" must be a string${name === 'body' ? ' or an object' : ''}.`)
  const bytes = base64 === undefined ? Buffer.from(body ?? '') : Buffer.from(base64, 'base64')
  const headers = readFields(property(value, 'headers'), from)
  const target = text(value, 'target')
  const request = {
    method,
    url,
    headers,
    body: bytes.length === 0 ? undefined : bytes,
    ...(target?.startsWith('/') === true && { target }),
  }
  // An empty object is what a parser leaves that did not read the body.
  return checkRequest(Object.keys(parsed ?? {}).length === 0 ? request : { ...request, parsed }, from)
}

function findParsed(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isPlain ? (value as Readonly<Record<string, unknown>>) : undefined
}

function typeOf(value: unknown): string | undefined | null {
  return value === undefined || value === null ? value : typeof value
}

/** Reads headers from an object, a list of pairs, or HAR's list of { name, value }. */
function readFields(headers: unknown, from: string): Fields {
  if (headers === undefined || headers === null) return []
  const fields = toFields(headers)
  if (fields === undefined) throw new UsageError(`${from}: "headers" must be an object, or a list of [name, value].`)
  return fields
}

function toFields(headers: unknown): Fields | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  const list: readonly unknown[] = Array.isArray(headers) ? headers : Object.entries(headers)
  const fields: [string, string][] = []
  for (const each of list) {
    const [name, value] = Array.isArray(each) ? each : [property(each, 'name'), property(each, 'value')]
    if (typeof name !== 'string') return undefined
    for (const one of Array.isArray(value) ? value : [value]) {
      // Logs write a Content-Length as a number.
      if (typeof one !== 'string' && typeof one !== 'number') return undefined
      fields.push([name, String(one)])
    }
  }
  return fields
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function text(value: unknown, name: string): string | undefined {
  const found = property(value, name)
  return typeof found === 'string' ? found : undefined
}
