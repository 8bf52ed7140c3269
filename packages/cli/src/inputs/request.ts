import type { IncomingRequest } from 'tollgate'
import { UsageError } from '../exit.ts'

export type Fields = readonly (readonly [name: string, value: string])[]

/** A request that was read from somewhere. */
export interface GivenRequest {
  readonly method: string
  /** Absolute, or the target alone where only a raw request without a Host was given. */
  readonly url: string
  readonly headers: Fields
  readonly body: Uint8Array | undefined
}

// What tells where a body ends says nothing about the body that was read.
const dropped = ['content-length', 'transfer-encoding']

/** As a server would hand it to the verifier. */
export function toIncoming(given: GivenRequest): IncomingRequest {
  const headers: Record<string, string[]> = Object.create(null)
  for (const [name, value] of given.headers) {
    const key = name.toLowerCase()
    if (key.startsWith(':') || dropped.includes(key)) continue
    const values = headers[key] ?? []
    headers[key] = [...values, value]
  }
  const parts = splitUrl(given.url)
  if (parts !== undefined && /^wss?$/i.test(parts.scheme)) addHandshake(headers)
  return {
    method: given.method,
    url: parts === undefined ? given.url : parts.target,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
    ),
    ...(given.body !== undefined && { body: given.body }),
  }
}

/** A WebSocket URL means a handshake, whether or not its headers were given. */
function addHandshake(headers: Record<string, string[]>): void {
  headers.upgrade ??= ['websocket']
  headers.connection ??= ['Upgrade']
}

export interface GivenUrl {
  readonly scheme: string
  /** Host and port, without userinfo: that may hold a password, and Twilio does not sign it. */
  readonly authority: string
  /** With its `@`, or empty. */
  readonly userinfo: string
  /** Scheme and authority. */
  readonly origin: string
  /** Path and query as they were written; the fragment is never sent. */
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

/** Refuses what no HTTP request could look like, so that what follows need not. */
export function checkRequest(given: GivenRequest, from: string): GivenRequest {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/.test(given.method))
    throw new UsageError(`${from}: the method is malformed.`)
  if (given.url === '' || /\s/.test(given.url)) throw new UsageError(`${from}: the URL is empty or has a blank in it.`)
  const parts = splitUrl(given.url)
  if (parts !== undefined && !/^(https?|wss?)$/i.test(parts.scheme))
    throw new UsageError(`${from}: the URL must begin with http, https, ws or wss.`)
  if (parts === undefined && !given.url.startsWith('/')) throw new UsageError(`${from}: the URL is not absolute.`)
  return given
}
