import { encodeUtf8 } from '../bytes.ts'
import { parseNamedKey } from '../schemes/twilio/sign/signature-settings.ts'
import type { IncomingRequest } from '../verify/types.ts'
import { RequestError } from './error.ts'

/**
 * Header fields in the order in which they arrived, with repeats. Each character of a value is one
 * byte, as in HTTP.
 */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** A request in a file, in a log or on a clipboard, with what its recording lost. */
export interface RecordedRequest {
  readonly method: string
  /**
   * The URL that was requested, without userinfo and fragment. Path and query only, if the record
   * names no host.
   */
  readonly url: string
  readonly headers: HeaderList
  /** The bytes of the body. `undefined`: there was none, or the record does not have it. */
  readonly body?: Uint8Array | undefined
  /**
   * Path and query as the server got them, if a proxy changed the path. Default: those of `url`.
   */
  readonly target?: string | undefined
  /** Mark: only the beginning of the body was kept. */
  readonly bodyTruncated?: boolean | undefined
  /**
   * Mark: the record had only the decoded names and values of the form, or the list that a parser
   * made of JSON, and `body` was written from them. Its bytes may differ from those that arrived.
   */
  readonly bodyDecoded?: boolean | undefined
  /** Mark: a parser read the body, and this object is what it left. */
  readonly parsedBody?: Readonly<Record<string, unknown>> | undefined
  /** Completes a title: what the copy changed. It is not written. */
  readonly copyNote?: string | undefined
  /** Mark: text stands behind the headers that was not read, and may be the body. It is not written. */
  readonly hasUnread?: boolean | undefined
  /**
   * Sentences about what other code may get wrong with the record, such as an event of a function.
   * They are not written.
   */
  readonly pitfalls?: readonly string[] | undefined
  /** The time of arrival, in milliseconds since 1970. */
  readonly time?: number | undefined
  /** Mark: the key verified other requests in the hour before. Only the form `capture` has it. */
  readonly keyVerified?: boolean | undefined
  /** The time until the end of the answer, in milliseconds. */
  readonly durationMs?: number | undefined
  /** The answer. It is written, not read. */
  readonly response?: RecordedResponse | undefined
  /** More fields for the form `capture`. They are written, not read. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** The answer to a recorded request. */
export interface RecordedResponse {
  readonly status: number
  readonly headers: HeaderList
  readonly body?: Uint8Array | undefined
  /** More fields for the form `capture`. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** The value of a header that was not kept, because it is a credential. */
export const hiddenValue = '(hidden)'

/** These headers describe how the body was framed. */
export const framing: readonly string[] = ['content-length', 'transfer-encoding']

/** A URL in parts. Nothing is decoded. */
export interface RecordedUrl {
  readonly scheme: string
  /** Host and port, without the userinfo, which Twilio does not sign. */
  readonly authority: string
  /** Includes the `@`. Empty if the URL has no userinfo. */
  readonly userinfo: string
  /** Scheme and authority. */
  readonly origin: string
  /** Path and query, unchanged. The fragment is left out, because it is never sent. */
  readonly target: string
}

/**
 * Splits an absolute URL.
 *
 * @param url with any scheme, in letters of any case
 * @returns `undefined` for any other text
 */
export function splitUrl(url: string): RecordedUrl | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([^#]*)/i.exec(url)
  if (match === null) return undefined
  const [, scheme = '', given = '', rest = ''] = match
  const authority = given.slice(given.lastIndexOf('@') + 1)
  return {
    scheme,
    authority,
    userinfo: given.slice(0, given.length - authority.length),
    origin: `${scheme}://${authority}`,
    target: rest.startsWith('/') ? rest : `/${rest}`,
  }
}

/**
 * Finds the first value of a header.
 *
 * @param headers in the order of the record, with names in any letter case
 * @param name in lower case
 */
export function findHeader(headers: HeaderList, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1]
}

/**
 * Finds the id of the SharedKey that signed a request. The sender wrote it: it proves nothing.
 *
 * @param headers in the order of the record, with names in any letter case
 * @returns at most 256 characters, or `undefined` if an Auth Token signed or the header is malformed
 */
export function findSharedKeyId(headers: HeaderList): string | undefined {
  const [settings, keySid] = ['x-twilio-webhooks-signature-settings', 'x-twilio-signature-key-sid'].map((name) =>
    findHeader(headers, name),
  )
  return parseNamedKey(settings, keySid)?.keyId
}

/**
 * Returns true if the headers announce a body that the record does not have.
 *
 * @param request the headers and the body of a record
 */
export function isBodyLost({ headers, body }: Pick<RecordedRequest, 'headers' | 'body'>): boolean {
  const length = findHeader(headers, 'content-length')
  const isAnnounced = length === undefined ? findHeader(headers, 'transfer-encoding') !== undefined : +length > 0
  return body === undefined && isAnnounced
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Checks a request, and brings it into the form that all readers give. The URL loses its userinfo
 * and its fragment, the headers lose the pseudo-headers of HTTP/2, and `:authority` becomes Host.
 *
 * @param given a request that a reader made, or that an application wrote itself
 * @throws RequestError for what no HTTP request can have
 */
export function checkRequest(given: RecordedRequest): RecordedRequest {
  const { method, url, headers, target, ...rest } = given
  if (method.length > 40 || !token.test(method)) throw new RequestError('the method is malformed')
  const parts = splitUrl(url)
  const plain = checkUrl(url, parts)
  const own = ownTarget({ url: plain, target: target?.startsWith('/') ? target.replace(/#.*$/s, '') : undefined })
  if (own !== undefined) checkCharacters(own)
  return { ...rest, method, url: plain, headers: checkHeaders(headers), ...(own !== undefined && { target: own }) }
}

/** Returns the target if it is not that of the URL. */
export function ownTarget({ url, target }: Pick<RecordedRequest, 'url' | 'target'>): string | undefined {
  return target === (splitUrl(url)?.target ?? url) ? undefined : target
}

function checkUrl(url: string, parts: RecordedUrl | undefined): string {
  if (url === '') throw new RequestError('the URL is empty or missing', { kind: 'url' })
  checkCharacters(url)
  if (parts === undefined && !url.startsWith('/')) throw new RequestError('the URL is not absolute', { kind: 'url' })
  if (parts !== undefined && !/^(https?|wss?)$/i.test(parts.scheme))
    throw new RequestError('the URL must begin with http, https, ws or wss', { kind: 'url' })
  if (parts?.authority.includes('{{')) throw new RequestError('the URL has a variable', { kind: 'url' })
  const bare = url.replace(/#.*$/s, '')
  return parts === undefined || parts.userinfo === '' ? bare : bare.replace(parts.userinfo, '')
}

function checkCharacters(url: string): void {
  if (/[\p{Cc}\s]/u.test(url))
    throw new RequestError('the URL contains a space or a control character', { kind: 'url' })
}

function checkHeaders(headers: HeaderList): HeaderList {
  const fields: (readonly [string, string])[] = []
  let authority: string | undefined
  for (const [index, [name, value]] of headers.entries()) {
    if (name === ':authority') authority = value
    if (name.startsWith(':')) continue
    const bytes = trimBlanks(toBytes(value))
    if (!token.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(bytes))
      throw new RequestError('this is not a header of HTTP', { position: `header ${index + 1}` })
    fields.push([name, bytes])
  }
  return authority === undefined || findHeader(fields, 'host') !== undefined ? fields : [...fields, ['host', authority]]
}

/** Logs decode headers. Text beyond Latin-1 was UTF-8. */
function toBytes(value: string): string {
  return /[^\0-\xff]/.test(value) ? toLatin1(encodeUtf8(value)) : value
}

/**
 * Removes spaces and tabs at both ends. A pattern would read a long row of spaces again and again.
 */
export function trimBlanks(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

/** Turns each byte into one character. */
export function toLatin1(bytes: Uint8Array): string {
  const parts: string[] = []
  // A call has a limited number of arguments.
  for (let at = 0; at < bytes.length; at += 8192)
    parts.push(String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as never))
  return parts.join('')
}

/** Turns each character into one byte. */
export function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/**
 * Converts a request to the form that a server passes to the verifier. A WebSocket URL, or an
 * Upgrade header, makes it a handshake: a record does not say whether a server took it as one.
 *
 * @param request a request that was checked. Its URL without scheme and host becomes the target.
 */
export function toIncoming(request: RecordedRequest): IncomingRequest {
  const { method, url, body, parsedBody } = request
  const parts = splitUrl(url)
  const headers = collectHeaders(request)
  if (parts !== undefined && /^wss?$/i.test(parts.scheme)) {
    headers.upgrade ??= ['websocket']
    headers.connection ??= ['Upgrade']
  }
  return {
    handshake: headers.upgrade?.some((value) => value.trim().toLowerCase() === 'websocket') === true,
    method,
    url: parts?.target ?? url,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
    ),
    ...(body !== undefined && { body }),
    // The verifier refuses an object as a body that was read before, and the diagnosis reads it.
    ...(parsedBody !== undefined && { body: parsedBody as unknown as Uint8Array }),
  }
}

function collectHeaders({ headers, body }: RecordedRequest): Record<string, string[]> {
  const collected: Record<string, string[]> = Object.create(null)
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    // The body has been read. If the record does not have it, its length shows that there was one.
    if (framing.includes(key) && (body !== undefined || !/^[1-9]\d*$/.test(value))) continue
    collected[key] ??= []
    collected[key].push(value)
  }
  return collected
}

/**
 * Drops the byte order mark that editors on Windows write. Text with a mark of UTF-16, as
 * PowerShell 5 writes it with `>`, becomes UTF-8.
 */
export function toUtf8(bytes: Uint8Array): Uint8Array {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return bytes.subarray(3)
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes, 'utf-16le')
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes, 'utf-16be')
  return bytes
}

function decodeUtf16(bytes: Uint8Array, encoding: string): Uint8Array {
  try {
    return encodeUtf8(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch {
    throw new RequestError('this is not UTF-8 text, and not UTF-16 either')
  }
}
