import { encodeUtf8 } from '../bytes.ts'
import { serializeForm } from '../form.ts'
import { RequestError } from './error.ts'
import {
  property,
  readBase64,
  readHeaderList,
  readMarks,
  readObject,
  readTime,
  textOf,
  writeBody,
  writeInertJson,
} from './json.ts'
import { checkRequest, findHeader, type HeaderList, isBodyLost, ownTarget, type RecordedRequest } from './request.ts'

/** Lists the entries of an HTTP Archive. `undefined` for other JSON. */
export function listHarEntries(file: unknown): readonly unknown[] | undefined {
  const entries = property(property(file, 'log'), 'entries')
  return Array.isArray(entries) ? entries : undefined
}

/**
 * Reads one entry. http://www.softwareishard.com/blog/har-12-spec/
 * @throws RequestError if it has no request
 */
export function readHarEntry(entry: unknown): RecordedRequest {
  const request = property(entry, 'request')
  const [url, method] = [textOf(request, 'url'), textOf(request, 'method')]
  if (url === undefined || method === undefined) throw new RequestError('it has no request with "method" and "url"')
  const parsedBody = readObject(property(request, '_parsedBody'))
  return checkRequest({
    method,
    url,
    ...readContent(request),
    // Names of your own begin with an underscore.
    ...readMarks(request, '_'),
    ...(parsedBody !== undefined && { parsedBody }),
    ...readTime(property(entry, 'startedDateTime')),
  })
}

function readContent(request: unknown): Pick<RecordedRequest, 'headers' | 'body' | 'bodyDecoded'> {
  const headers = readHeaderList(property(request, 'headers'))
  const content = readPostData(property(request, 'postData'))
  const size = property(request, 'bodySize')
  // Browsers leave out large bodies, and the size shows that there was one.
  const isLost = content.body === undefined && typeof size === 'number' && Number.isSafeInteger(size) && size > 0
  const hasLength = findHeader(headers, 'content-length') !== undefined
  return { headers: isLost && !hasLength ? [...headers, ['content-length', String(size)]] : headers, ...content }
}

function readPostData(postData: unknown): Pick<RecordedRequest, 'body' | 'bodyDecoded'> {
  const text = textOf(postData, 'text')
  if (text !== undefined && text !== '')
    // HAR defines `encoding` for answers only. Many tools also use it for requests.
    return { body: textOf(postData, 'encoding') === 'base64' ? readBase64(text, 'postData.text') : encodeUtf8(text) }
  const params = property(postData, 'params')
  if (Array.isArray(params) && params.length > 0) return readParams(params, textOf(postData, 'mimeType') ?? '')
  return text === undefined ? {} : { body: encodeUtf8('') }
}

function readParams(params: readonly unknown[], mimeType: string): Pick<RecordedRequest, 'body' | 'bodyDecoded'> {
  if (!/x-www-form-urlencoded/i.test(mimeType))
    throw new RequestError('it has a multipart form without its text, so the bytes are lost')
  const pairs = params.map((each) => [toParam(each, 'name'), toParam(each, 'value')] as const)
  if (areDecoded(pairs.flat())) return { body: encodeUtf8(serializeForm(pairs)), bodyDecoded: true }
  return { body: encodeUtf8(pairs.map(([name, value]) => `${name}=${value}`).join('&')) }
}

function toParam(param: unknown, name: string): string {
  const value = property(param, name) ?? ''
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new RequestError('a parameter of its form is not a text')
}

/**
 * Returns true if names and values are decoded. The format does not say, and tools differ. A form
 * has neither spaces nor text beyond ASCII. Otherwise an escape means "as sent". Without one, the
 * plus of a phone number means "decoded".
 */
function areDecoded(parts: readonly string[]): boolean {
  if (parts.some((part) => /[^\x21-\x7e]/.test(part))) return true
  return !parts.some((part) => /%[0-9a-f]{2}/i.test(part)) && parts.some((part) => /(?:^|:)\+\d/.test(part))
}

/** Writes requests as an HTTP Archive 1.2, which browsers and HTTP clients read. */
export function writeHar(requests: readonly RecordedRequest[]): Uint8Array {
  const creator = { name: 'Tollgate', version: '1' }
  return encodeUtf8(writeInertJson({ log: { version: '1.2', creator, entries: requests.map(toEntry) } }))
}

function toEntry(recorded: RecordedRequest) {
  const { method, url, headers, time = 0, durationMs = 0, response, bodyTruncated, bodyDecoded } = recorded
  const { body, parsedBody } = recorded
  const target = ownTarget(recorded)
  return {
    startedDateTime: new Date(time).toISOString(),
    time: durationMs,
    request: {
      method,
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: listNames(headers),
      queryString: listQuery(url),
      headersSize: -1,
      bodySize: body?.length ?? (isBodyLost(recorded) ? Number(findHeader(headers, 'content-length') ?? -1) : 0),
      ...(body !== undefined && {
        postData: { mimeType: findHeader(headers, 'content-type') ?? '', ...toContent(body) },
      }),
      ...(target !== undefined && { _target: target }),
      ...(bodyTruncated && { _bodyTruncated: true }),
      ...(bodyDecoded && { _bodyDecoded: true }),
      ...(parsedBody !== undefined && { _parsedBody: parsedBody }),
    },
    response: {
      status: response?.status ?? 0,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: listNames(response?.headers ?? []),
      content: {
        size: response?.body?.length ?? 0,
        mimeType: findHeader(response?.headers ?? [], 'content-type') ?? '',
        ...toContent(response?.body ?? encodeUtf8('')),
      },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
  }
}

function toContent(body: Uint8Array) {
  const written = writeBody(body)
  return 'text' in written ? written : { text: written.base64, encoding: 'base64' }
}

function listNames(headers: HeaderList) {
  return headers.map(([name, value]) => ({ name, value }))
}

function listQuery(url: string) {
  const start = url.indexOf('?')
  return start === -1 ? [] : listNames([...new URLSearchParams(url.slice(start + 1))])
}
