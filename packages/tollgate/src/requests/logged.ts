import { encodeUtf8 } from '../bytes.ts'
import { serializeForm } from '../form.ts'
import { RequestError } from './error.ts'
import { findHeaders, findRequest, isSignatureName, listParts, listTexts } from './find-request.ts'
import { isDeep, property, readBase64, readHeaderList, readMarks, readObject, readTime, textOf } from './json.ts'
import { checkRequest, findHeader, type HeaderList, type RecordedRequest } from './request.ts'

/** The body of a request, as a log has it. */
export type Body = Pick<RecordedRequest, 'body' | 'bodyDecoded' | 'parsedBody'>

/** The fields of a request, for messages. */
export const captureFields = '{ "method", "url", "headers", "body" or "bodyBase64" }'

/** The fields of a request that the inspector or `diagnose` wrote. Other programs write more. */
const ownFields = new Set(
  'method url headers body bodyBase64 target bodyTruncated bodyDecoded time durationMs response keyVerified'.split(' '),
)

/** Says if an object has the fields that are documented, and no other. */
export function isOwn(value: unknown): boolean {
  const isNamed = textOf(value, 'method') !== undefined && textOf(value, 'url') !== undefined
  return isNamed && Object.keys(Object(value)).every((name) => ownFields.has(name))
}

interface LogOptions {
  /** The scheme of a URL without one. */
  readonly scheme?: string | undefined
  /** The request is compared with Twilio's record, and needs no headers. */
  readonly isCompared?: boolean | undefined
  /** The inspector or `diagnose` wrote the request. */
  readonly isOwn?: boolean
}

/**
 * Reads a request in what a program wrote: parts with the usual names, such as an event of AWS
 * Lambda or a request of Azure Functions.
 * @param value the object in which the request is
 * @throws RequestError if a part is missing
 */
export function readLogged(value: unknown, options: LogOptions): RecordedRequest {
  const { scheme = 'https', isCompared = false, isOwn = false } = options
  const { value: request, holders } = (isOwn ? undefined : findRequest(value)) ?? { value, holders: [] }
  const [given] = listParts(request, 'headers')
  const headers = readHeaderList(findHeaders(given) ?? given)
  const body = readLoggedBody(request, holders, headers, isOwn)
  // Those of HTTP/2 that begin with a colon name both. A sender chooses the names of all other headers.
  const inHeaders = Object.fromEntries(headers.filter(([name]) => name.startsWith(':')))
  const own = isOwn ? textOf(request, 'url') : undefined
  const url = own ?? firstOf([request, ...holders, inHeaders], (one) => readLoggedUrl(one, headers, scheme))
  const isSigned = headers.some(([name]) => isSignatureName(name))
  const [named] = [request, ...holders, inHeaders].flatMap((one) => listTexts(one, 'method'))
  const method = (isOwn ? named : named?.toUpperCase()) ?? (isSigned ? guessMethod(body, headers) : undefined)
  const missing = [method === undefined && '"method"', url === undefined && '"url"'].filter((one) => one !== false)
  if (url === undefined || method === undefined)
    throw new RequestError(`it needs ${captureFields}, and has no ${missing.join(' and no ')}`, { kind: 'incomplete' })
  // An alert of Twilio's API is compared with nothing. https://www.twilio.com/docs/usage/monitor-alert
  const isAlert = /^NO[0-9a-f]{32}$/.test(textOf(request, 'sid') ?? '')
  if (headers.length === 0 && (isAlert || !isCompared) && !isOwn)
    throw new RequestError('it has no "headers", which have the signature', { kind: 'incomplete' })
  return checkRequest({
    ...{ method, url, headers, ...body },
    ...(isOwn && { ...readMarks(request), keyVerified: property(request, 'keyVerified') === true || undefined }),
    ...readTime(property(value, 'time')),
    ...listPitfalls(request, url),
  })
}

/** Says what code without an adapter gets wrong with an event of a function. */
function listPitfalls(event: unknown, url: string): Pick<RecordedRequest, 'pitfalls'> {
  const context = property(event, 'requestContext')
  if (context === undefined) return {}
  const [own, signed] = [textOf(event, 'path'), textOf(context, 'path')]
  const pitfalls = [
    own === undefined || signed === undefined || own === signed || !url.includes(signed)
      ? ''
      : `event.path is ${own}, and the path that was signed is in requestContext.path: ${signed}.`,
    property(event, 'isBase64Encoded') === true
      ? 'event.body is in Base64 (isBase64Encoded), and the signature covers the decoded bytes.'
      : '',
  ]
  return { pitfalls: pitfalls.filter((one) => one !== '') }
}

/** Twilio sends a body with POST alone. */
export function guessMethod(body: Body, headers: HeaderList): string {
  const hasBody = body.body !== undefined || body.parsedBody !== undefined
  return hasBody || Number(findHeader(headers, 'content-length')) > 0 ? 'POST' : 'GET'
}

/** A whole URL is better than a path, whose host another part may name. */
function readLoggedUrl(request: unknown, headers: HeaderList, scheme: string): string | undefined {
  const texts = listTexts(request, 'url')
  const whole = texts.find((text) => /^(https?|wss?):\/\//i.test(text))
  const path = texts.find((text) => text.startsWith('/'))
  if (whole !== undefined) return /[?#]/.test(whole) ? whole : whole + readQuery(request)
  if (path === undefined) return texts[0]
  const target = escapeSpaces(path.includes('?') ? path : path + readQuery(request))
  const [host] = listTexts(request, 'host')
  // Of AWS, only a load balancer also takes http.
  const isHttp = isBehindBalancer(request) && findHeader(headers, 'x-forwarded-proto')?.toLowerCase() === 'http'
  return addHost(target, host === undefined ? headers : [...headers, ['host', host]], isHttp ? 'http' : scheme)
}

/** Writes the whole URL of a target, with the host of the headers. */
export function addHost(target: string, headers: HeaderList, scheme: string): string {
  const host = findHeader(headers, 'host') ?? findHeader(headers, ':authority')
  return target.startsWith('/') && host !== undefined ? `${scheme}://${host}${target}` : target
}

function isBehindBalancer(event: unknown): boolean {
  return property(property(event, 'requestContext'), 'elb') !== undefined
}

/** A query as text, as an object or as pairs. A load balancer does not decode it, and others do. */
function readQuery(request: unknown): string {
  const [query] = listParts(request, 'query')
  const spell = isBehindBalancer(request) ? String : encodeText
  const pairs = readPairs(query) ?? Object.entries(readObject(query) ?? {})
  const text =
    typeof query === 'string'
      ? query.replace(/^\?/, '')
      : pairs.flatMap(([name, values]) => [values].flat().map((one) => `${spell(name)}=${spell(one ?? '')}`)).join('&')
  return text === '' ? '' : `?${text}`
}

function encodeText(text: unknown): string {
  return encodeURIComponent(toWellFormed(String(text)))
}

/** An HTTP API decodes the path. */
function escapeSpaces(path: string): string {
  return path.replace(/[^\x21-\x7e]+/gu, (text) => encodeURIComponent(toWellFormed(text)))
}

function toWellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, '\ufffd')
}

/**
 * Finds the body, under the names that programs give to it. The text of the body is better than
 * what a parser made of it. A name with other uses counts if its value looks like a body.
 */
function readLoggedBody(request: unknown, holders: readonly object[], headers: HeaderList, isOwn: boolean): Body {
  const all = [request, ...holders]
  const bodies = all.flatMap((one) => listParts(one, 'body'))
  const [base64] = [...all, ...bodies].flatMap((one) => listTexts(one, 'base64Body'))
  if (base64 !== undefined) {
    if (isOwn && property(request, 'body') !== undefined) throw new RequestError('it has both "body" and "bodyBase64"')
    return { body: readBase64(base64, 'bodyBase64') }
  }
  if (isOwn && property(request, 'body') === '') return { body: encodeUtf8('') }
  const isEncoded = all.some((one) => property(one, 'isBase64Encoded') === true)
  const perhaps = listParts(request, 'perhapsBody').filter((one) => looksLikeBody(one, headers))
  const known = [...[...all, ...bodies].flatMap((one) => listParts(one, 'rawBody')), ...bodies, ...perhaps]
  const bytes = firstOf(known, (one) => readBodyText(one, isEncoded))
  if (bytes !== undefined) return { body: bytes }
  return toBody(known.find(isFilled), headers, isOwn)
}

function firstOf<T, R>(list: readonly T[], read: (one: T) => R | undefined): R | undefined {
  for (const one of list) {
    const found = read(one)
    if (found !== undefined) return found
  }
  return undefined
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** Reads a body that is text or, as Node.js writes a Buffer as JSON, a list of bytes. */
function readBodyText(value: unknown, isEncoded: boolean): Uint8Array | undefined {
  if (typeof value === 'string' && value !== '') return isEncoded ? readBase64(value, 'body') : encodeUtf8(value)
  const list = property(value, 'type') === 'Buffer' ? property(value, 'data') : undefined
  const isBytes = Array.isArray(list) && list.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
  return isBytes ? Uint8Array.from(list as number[]) : undefined
}

const formText = /^[^\s=&{"']+=\S*$/

function looksLikeBody(value: unknown, headers: HeaderList): boolean {
  if (typeof value === 'string') return isForm(headers) ? formText.test(value) : /^\s*[[{]/.test(value)
  const names = Object.keys(readObject(value) ?? {}).concat((readPairs(value) ?? []).map(([name]) => name))
  return property(value, 'type') === 'Buffer' || isListOfObjects(value) || names.some((name) => /Sid$/.test(name))
}

/** Lists parameters that are pairs, or objects with a name or a key and a value. `undefined` for another value. */
function readPairs(list: unknown): (readonly [string, unknown])[] | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined
  const pairs = list.map((one) =>
    Array.isArray(one) ? one : [textOf(one, 'key') ?? textOf(one, 'name'), textOf(one, 'value')],
  )
  const isAll = pairs.every(([name, value]) => typeof name === 'string' && value !== undefined)
  return isAll ? pairs.map(([name, value]) => [name, value]) : undefined
}

/** An object is what a parser left of the body. The bytes of a form can be written again. */
export function toBody(body: unknown, headers: HeaderList, isOwn = false): Body {
  const named = readPairs(body)
  // Events of SendGrid are a list. Its bytes can be written again, except for white space.
  if (named === undefined && isListOfObjects(body)) return { body: encodeUtf8(JSON.stringify(body)), bodyDecoded: true }
  const parsedBody = named === undefined ? readObject(body) : Object.fromEntries(named)
  const pairs = (named ?? Object.entries(parsedBody ?? {})).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  )
  // An empty object is what a parser leaves that did not read the body.
  if (pairs.length === 0) return {}
  if (isOwn || !isForm(headers) || pairs.some(([, value]) => typeof value !== 'string')) return { parsedBody }
  return { body: encodeUtf8(serializeForm(pairs as [string, string][])), bodyDecoded: true }
}

/** Checks if a parser of JSON left a list of events. */
function isListOfObjects(body: unknown): body is readonly object[] {
  return Array.isArray(body) && body.length > 0 && !isDeep(body) && body.every((one) => readObject(one) !== undefined)
}

/** Says if the headers announce a form. */
export function isForm(headers: HeaderList): boolean {
  return /x-www-form-urlencoded/i.test(findHeader(headers, 'content-type') ?? '')
}
