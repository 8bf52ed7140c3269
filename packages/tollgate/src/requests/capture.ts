import { encodeUtf8 } from '../bytes.ts'
import { RequestError } from './error.ts'
import { findRequest, walkObjects } from './find-request.ts'
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
import { type Body, decodeWritten, isListOfObjects, readLogged, toBody } from './logged.ts'
import {
  checkRequest,
  type HeaderList,
  ownTarget,
  type RecordedRequest,
  type RecordedResponse,
  toLatin1,
} from './request.ts'

/**
 * Lists the requests of a file: one, a list, or `{ captures: [...] }` as the inspector exports it. In
 * what other programs wrote, a request may be inside other objects, and a list too.
 */
export function listCaptures(file: unknown): readonly unknown[] | undefined {
  if (Array.isArray(file)) return withRequests(file)
  if (isExport(file)) return property(file, 'captures') as unknown[]
  if (findRequest(file) !== undefined) return [file]
  for (const { value } of walkObjects(file))
    for (const list of Object.values(value))
      if (Array.isArray(list) && list.some((one) => findRequest(one) !== undefined)) return withRequests(list)
  return undefined
}

/** Recognises the inspector's export. */
export function isExport(file: unknown): boolean {
  return Array.isArray(property(file, 'captures'))
}

/** A log has other entries too. */
function withRequests(list: readonly unknown[]): readonly unknown[] {
  const found = list.filter((one) => findRequest(one) !== undefined)
  return found.length === 0 ? list : found
}

const ownFields =
  'method url headers body bodyBase64 target bodyTruncated bodyDecoded time durationMs response keyVerified'.split(' ')

/** Says if a request has only the fields that are documented. Other programs write more. */
function isOwn(value: unknown): boolean {
  return (
    textOf(value, 'method') !== undefined &&
    textOf(value, 'url') !== undefined &&
    Object.keys(readObject(value) ?? {}).every((name) => ownFields.includes(name))
  )
}

/**
 * Reads `{ method, url, headers, body or bodyBase64 }`. An object as body is what a parser left of
 * it. Reads what other programs log too.
 * @param scheme That of a logged URL without one.
 * @param isExported True for a request of the inspector's export, which has more fields.
 * @param isCompared The request is compared with Twilio's record, and needs no headers.
 * @throws RequestError for anything else
 */
export function readCapture(value: unknown, scheme = 'https', isExported = false, isCompared = false): RecordedRequest {
  const [method, url] = [textOf(value, 'method'), textOf(value, 'url')]
  const isPlain = method !== undefined && url !== undefined && (isExported || isOwn(value))
  return isPlain
    ? checkRequest({
        method,
        url,
        headers: readHeaderList(property(value, 'headers')),
        ...readBody(value),
        ...readMarks(value),
        ...readTime(property(value, 'time')),
        ...(property(value, 'keyVerified') === true && { keyVerified: true }),
      })
    : { ...readLogged(value, scheme, isCompared), ...readTime(property(value, 'time')) }
}

function readBody(value: unknown): Body {
  const [body, base64] = [property(value, 'body') ?? undefined, property(value, 'bodyBase64') ?? undefined]
  if (body !== undefined && base64 !== undefined) throw new RequestError('it has both "body" and "bodyBase64"')
  if (base64 !== undefined) {
    if (typeof base64 !== 'string') throw new RequestError('"bodyBase64" must be a string')
    return { body: readBase64(base64, 'bodyBase64') }
  }
  if (typeof body === 'string') {
    const decoded = decodeWritten(body, readHeaderList(property(value, 'headers')))
    return { body: decoded ?? encodeUtf8(body) }
  }
  if (isListOfObjects(body)) return toBody(body, [])
  const parsedBody = readObject(body)
  if (body !== undefined && parsedBody === undefined) throw new RequestError('"body" must be a string or an object')
  // An empty object is what a parser leaves that did not read the body.
  return parsedBody === undefined || Object.keys(parsedBody).length === 0 ? {} : { parsedBody }
}

/** Writes one request as an object, and several as `{ captures: [...] }`. */
export function writeCaptures(requests: readonly RecordedRequest[]): Uint8Array {
  const captures = requests.map(toCapture)
  const isOne = captures.length === 1 && requests[0]?.details === undefined
  return encodeUtf8(`${writeInertJson(isOne ? captures[0] : { captures }, 2)}\n`)
}

function toCapture(recorded: RecordedRequest): object {
  const { details, response, body, parsedBody, ...request } = recorded
  return {
    ...details,
    ...request,
    target: ownTarget(recorded),
    ...(parsedBody === undefined ? toBodyFields(body, recorded.headers) : { body: parsedBody }),
    ...(response !== undefined && { response: toResponse(response) }),
  }
}

function toResponse({ body, details, ...response }: RecordedResponse): object {
  return { ...details, ...response, ...toBodyFields(body, response.headers) }
}

function toBodyFields(body: Uint8Array | undefined, headers: HeaderList): object {
  if (body === undefined) return {}
  const written = writeBody(body)
  // The reader would decode a text that looks as if another tool had encoded a body.
  const isText = 'text' in written && decodeWritten(written.text, headers) === undefined
  return isText ? { body: written.text } : { bodyBase64: btoa(toLatin1(body)) }
}
