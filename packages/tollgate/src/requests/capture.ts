import { encodeUtf8 } from '../schemes/twilio/sign/form.ts'
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
import { addHost, askTwilio, type Body, isListOfObjects, toBody } from './logged.ts'
import { checkRequest, type HeaderList, ownTarget, type RecordedRequest, type RecordedResponse } from './request.ts'

/** The fields of a request, for messages. */
export const captureFields = '{ "method", "url", "headers", "body" or "bodyBase64" }'

/**
 * Lists the requests of a file: one, a list, or `{ captures: [...] }` as the inspector exports it.
 */
export function listCaptures(file: unknown): readonly unknown[] | undefined {
  if (Array.isArray(file)) return file
  const captures = property(file, 'captures')
  if (Array.isArray(captures)) return captures
  return textOf(findRequest(file), 'method') === undefined ? undefined : [file]
}

/** Finds the request in a line of a logger. pino-http and bunyan write it under `req`. */
function findRequest(value: unknown): unknown {
  if (textOf(value, 'method') !== undefined) return value
  const holders = [value, property(value, 'meta')].flatMap((one) => [property(one, 'req'), property(one, 'request')])
  // An entry of a HAR has its body in another form.
  return holders.find((one) => textOf(one, 'method') !== undefined && property(one, 'postData') === undefined) ?? value
}

/**
 * Reads `{ method, url, headers, body or bodyBase64 }`. An object as body is what a parser left of
 * it. Reads the line of a logger too, with the request under `req`, a `path` or a `payload`.
 * @param scheme That of a logged URL without one.
 * @throws RequestError for anything else
 */
export function readCapture(value: unknown, scheme = 'https'): RecordedRequest {
  const request = findRequest(value)
  const method = textOf(request, 'method')
  const url = textOf(request, 'url') ?? textOf(request, 'originalUrl') ?? textOf(request, 'path')
  const missing = [method === undefined && '"method"', url === undefined && '"url"'].filter((one) => one !== false)
  if (url === undefined || method === undefined)
    throw new RequestError(`it needs ${captureFields}, and has no ${missing.join(' and no ')}; ${askTwilio}`)
  const headers = readHeaderList(property(request, 'headers'))
  const isLogged = request !== value || textOf(value, 'url') === undefined
  if (isLogged && headers.length === 0)
    throw new RequestError(`it has no "headers", which have the signature; ${askTwilio}`)
  return checkRequest({
    method,
    url: isLogged ? addHost(url, headers, scheme) : url,
    headers,
    ...(isLogged ? readLoggedBody([request, value], headers) : readBody(value)),
    ...readMarks(value),
    ...readTime(property(value, 'time')),
  })
}

/** A logger writes a form as the object of its fields. The verifier got the bytes. */
function readLoggedBody(holders: readonly unknown[], headers: HeaderList): Body {
  const found = holders.flatMap((one) => ['body', 'payload'].map((name) => property(one, name)))
  const body = found.find((one) => one !== undefined && one !== null)
  return typeof body === 'string' ? { body: encodeUtf8(body) } : toBody(body, headers)
}

function readBody(value: unknown): Body {
  const [body, base64] = [property(value, 'body') ?? undefined, property(value, 'bodyBase64') ?? undefined]
  if (body !== undefined && base64 !== undefined) throw new RequestError('it has both "body" and "bodyBase64"')
  if (base64 !== undefined) {
    if (typeof base64 !== 'string') throw new RequestError('"bodyBase64" must be a string')
    return { body: readBase64(base64, 'bodyBase64') }
  }
  if (typeof body === 'string') return { body: encodeUtf8(body) }
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
    ...(parsedBody === undefined ? toBodyFields(body) : { body: parsedBody }),
    ...(response !== undefined && { response: toResponse(response) }),
  }
}

function toResponse({ body, details, ...response }: RecordedResponse): object {
  return { ...details, ...response, ...toBodyFields(body) }
}

function toBodyFields(body: Uint8Array | undefined): object {
  if (body === undefined) return {}
  const written = writeBody(body)
  return 'text' in written ? { body: written.text } : { bodyBase64: written.base64 }
}
