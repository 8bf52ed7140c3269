import { isBytes } from '../bytes.ts'
import { readHeaders, readSingle, readText } from '../request/headers.ts'
import { isFormType } from '../scheme/form.ts'
import { type Pairs, toPairs } from '../scheme/signing-string.ts'
import type { MiddlewareRequest } from './types.ts'

/** The bytes of a body, or the parameters of a form whose bytes were not kept. */
export type FoundBody = Uint8Array | Pairs

const encoder = new TextEncoder()

/**
 * Finds the body of a request that a parser may have read.
 * @returns the bytes that were kept, or the parameters that a form parser read; `'unread'` if the
 *   body is still in the stream; `undefined` if it is lost, or was parsed into something that is
 *   not a form
 */
export function findBody(request: MiddlewareRequest): FoundBody | 'unread' | undefined {
  for (const kept of [request.rawBody, request.body]) {
    if (isBytes(kept) && kept.length > 0) return kept
    if (typeof kept === 'string' && kept !== '') return encoder.encode(kept)
  }
  const parsed = request.body || {}
  if (typeof parsed !== 'object') return undefined
  const params = toPairs(parsed as Record<string, string>)
  if (params === undefined || params.length > 0) return isForm(request) ? params : undefined
  // Empty lists have no part in the signature. They do not make the body an empty one.
  if (Object.keys(parsed).length > 0) return undefined
  // Without a parsed body there was none, or no parser was made for its type. A later parser may
  // be.
  if (!isDeclared(request)) return new Uint8Array(0)
  return request.readableDidRead === false && typeof request.iterator === 'function' ? 'unread' : undefined
}

/**
 * True for the Content-Type of a form. A missing one counts as a form's, for requests made by hand.
 * A wrong guess fails closed, because the parameters that are verified here are the ones that the
 * application gets.
 */
function isForm(request: MiddlewareRequest): boolean {
  const type = readSingle(readHeaders(request.headers), 'content-type')
  return type === undefined || (type !== 'repeated' && isFormType(type.value))
}

/**
 * RFC 9112 section 6: a request with a body declares a length or an encoding. In HTTP/2 it may
 * declare neither.
 */
function isDeclared(request: MiddlewareRequest): boolean {
  const header = readHeaders(request.headers)
  if (header(':method').length > 0 && request.complete !== true) return true
  return header('transfer-encoding').length > 0 || !/^0*$/.test(readText(header, 'content-length') ?? '')
}
