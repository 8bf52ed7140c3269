import { isBytes } from '../bytes.ts'
import { readHeaders, readSingle, readText } from '../request/headers.ts'
import { isFormType } from '../scheme/form.ts'
import type { Pairs } from '../scheme/signing-string.ts'
import type { MiddlewareRequest } from './types.ts'
import { mostPairs, readFormParams } from './validate.ts'

/** A body: its bytes, or the parameters of a form whose bytes were not kept. */
export type FoundBody = Uint8Array | Pairs

const encoder = new TextEncoder()

/**
 * The body of a request that parsers may have read: the bytes that something kept, or those of the form that they parsed. `'unread'`:
 * it is still in the stream. `undefined`: it is gone, or was parsed into something that no form holds.
 */
export function findBody(request: MiddlewareRequest): FoundBody | 'unread' | undefined {
  for (const kept of [request.rawBody, request.body]) {
    if (isBytes(kept) && kept.length > 0) return kept
    if (typeof kept === 'string' && kept !== '') return encoder.encode(kept)
  }
  const parsed = request.body || {}
  if (typeof parsed !== 'object') return undefined
  const names = Object.keys(parsed).length
  if (names > mostPairs) return undefined
  if (names > 0) return readParsedForm(request, parsed)
  // Nothing was parsed: there was nothing, or the parsers were not made for it, and a later one may be.
  if (!isDeclared(request)) return new Uint8Array(0)
  return request.readableDidRead === false && typeof request.iterator === 'function' ? 'unread' : undefined
}

/**
 * Reads the parameters of a form from the object that a parser made of it. A type that is missing counts as a form's, for requests
 * made by hand. A wrong guess fails closed, because the application gets the same parameters that are verified here.
 */
function readParsedForm(request: MiddlewareRequest, parsed: object): Pairs | undefined {
  const type = readSingle(readHeaders(request.headers), 'content-type')
  if (type === 'repeated' || (type !== undefined && !isFormType(type.value))) return undefined
  const pairs = readFormParams(parsed)
  // Empty lists are signed by nothing, and so do not count as an empty body.
  return pairs?.length === 0 ? undefined : pairs
}

/** RFC 9112 section 6: a request has a body where it declares a length or an encoding. In HTTP/2 it may declare neither. */
function isDeclared(request: MiddlewareRequest): boolean {
  const header = readHeaders(request.headers)
  if (header(':method').length > 0 && request.complete !== true) return true
  return header('transfer-encoding').length > 0 || !/^0*$/.test(readText(header, 'content-length') ?? '')
}
