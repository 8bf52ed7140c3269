import type { IncomingRequest } from 'tollgate'
import { UsageError } from '../exit.ts'

export type Fields = readonly (readonly [name: string, value: string])[]

/** A request that was read from one of the supported formats. */
export interface GivenRequest {
  readonly method: string
  /** Absolute, or only the path and query if a raw request has no Host. */
  readonly url: string
  readonly headers: Fields
  readonly body: Uint8Array | undefined
  /** The object that a parser left in place of the body. */
  readonly parsed?: Readonly<Record<string, unknown>> | undefined
  /** Path and query as the server got them, if a proxy changed the path. Default: those of `url`. */
  readonly target?: string
}

// These headers describe how the body was framed, and it has been read already.
const dropped = ['content-length', 'transfer-encoding']

/** If the body is not in the record, its length shows that there was one. */
function isDropped(name: string, value: string, { body }: GivenRequest): boolean {
  return dropped.includes(name) && (body !== undefined || !/^[1-9]\d*$/.test(value))
}

/** Converts the request to the form that a server passes to the verifier. */
export function toIncoming(given: GivenRequest): IncomingRequest {
  const headers: Record<string, string[]> = Object.create(null)
  for (const [name, value] of given.headers) {
    const key = name.toLowerCase()
    if (key.startsWith(':') || isDropped(key, value, given)) continue
    const values = headers[key] ?? []
    headers[key] = [...values, value]
  }
  const parts = splitUrl(given.url)
  if (parts !== undefined && /^wss?$/i.test(parts.scheme)) addHandshake(headers)
  // The record does not say whether a server took it as a handshake. The header shows the intent.
  const handshake = headers.upgrade?.some((value) => value.trim().toLowerCase() === 'websocket') === true
  return {
    handshake,
    method: given.method,
    url: parts === undefined ? given.url : parts.target,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
    ),
    ...(given.body !== undefined && { body: given.body }),
    // The verifier refuses an object as a body that was read before, and the diagnosis reads it.
    ...(given.parsed !== undefined && { body: given.parsed as unknown as Uint8Array }),
  }
}

/** A WebSocket URL means a handshake, even if the given headers do not say so. */
function addHandshake(headers: Record<string, string[]>): void {
  headers.upgrade ??= ['websocket']
  headers.connection ??= ['Upgrade']
}

interface GivenUrl {
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

export function splitUrl(url: string): GivenUrl | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([^#]*)/i.exec(url)
  if (match === null) return undefined
  const [, scheme = '', given = '', rest = ''] = match
  const authority = given.replace(/^.*@/s, '')
  return {
    scheme,
    authority,
    userinfo: given.slice(0, given.length - authority.length),
    origin: `${scheme}://${authority}`,
    target: rest.startsWith('/') ? rest : `/${rest}`,
  }
}

export function findHeader(headers: Fields, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1]
}

/** @throws UsageError for a method or a URL that no HTTP request can have */
export function checkRequest(given: GivenRequest, from: string): GivenRequest {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/.test(given.method))
    throw new UsageError(`${from}: the method is malformed.`)
  if (given.url === '' || /\s/.test(given.url)) throw new UsageError(`${from}: the URL is empty or contains a space.`)
  const parts = splitUrl(given.url)
  if (parts !== undefined && !/^(https?|wss?)$/i.test(parts.scheme))
    throw new UsageError(`${from}: the URL must begin with http, https, ws or wss.`)
  if (parts === undefined && !given.url.startsWith('/')) throw new UsageError(`${from}: the URL is not absolute.`)
  return given
}
