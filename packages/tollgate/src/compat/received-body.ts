import { isBytes } from '../bytes.ts'
import { readHeaders, readText } from '../request/headers.ts'
import { serializeForm } from '../scheme/form.ts'
import { toPairs } from '../scheme/signing-string.ts'
import type { MiddlewareRequest } from './types.ts'

export interface FoundBody {
  readonly bytes: Uint8Array
  /** Written anew from what a form parser made of it. */
  readonly isRebuilt?: true
}

const encoder = new TextEncoder()
const empty: FoundBody = { bytes: new Uint8Array(0) }

/**
 * The body of a request that parsers may have read: the bytes that something kept, or those of the form that they parsed. `'unread'`:
 * it is still in the stream. `undefined`: it is gone, or was parsed into something that no form holds.
 */
export function findBody(request: MiddlewareRequest): FoundBody | 'unread' | undefined {
  for (const kept of [request.rawBody, request.body]) {
    if (isBytes(kept) && kept.length > 0) return { bytes: kept }
    if (typeof kept === 'string' && kept !== '') return { bytes: encoder.encode(kept) }
  }
  const parsed = request.body || {}
  if (typeof parsed !== 'object') return undefined
  if (Object.keys(parsed).length > 0) return rebuildForm(request, parsed)
  // Nothing was parsed: there was nothing, or the parsers were not made for it, and a later one may be.
  if (!isDeclared(request)) return empty
  return request.readableDidRead === false && typeof request.iterator === 'function' ? 'unread' : undefined
}

/** A wrong guess fails closed: what is verified is what the application gets. JSON is no form, however flat it is. */
function rebuildForm(request: MiddlewareRequest, parsed: object): FoundBody | undefined {
  const type = readText(readHeaders(request.headers), 'content-type')
  if (type !== undefined && !/^application\/x-www-form-urlencoded\b/i.test(type)) return undefined
  const pairs = toPairs(parsed as Record<string, string>)
  return pairs && { bytes: encoder.encode(serializeForm(pairs)), isRebuilt: true }
}

/** RFC 9112 section 6: a request has a body where it declares a length or an encoding. In HTTP/2 it may declare neither. */
function isDeclared(request: MiddlewareRequest): boolean {
  const header = readHeaders(request.headers)
  if (header(':method').length > 0 && request.complete !== true) return true
  return header('transfer-encoding').length > 0 || !/^0*$/.test(readText(header, 'content-length') ?? '')
}
