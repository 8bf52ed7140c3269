import { findBodyHash, hashBody } from '../scheme/body-hash.ts'
import { decodeUtf8, isFormType, parseForm } from '../scheme/form.ts'
import type { Pairs } from '../scheme/signing-string.ts'
import { Refusal } from '../verdict.ts'
import type { Envelope } from './envelope.ts'
import { readSingle } from './headers.ts'

/** The body as the signature can cover it. */
export interface Content {
  /** What the application gets: the form's parameters, or the query's for a GET and a handshake. */
  readonly params: Pairs
  /** What is signed after the URL. */
  readonly signedParams: Pairs
  readonly covers: 'params' | 'body' | 'url'
  /** The same bytes every time, which nobody but us and the application has a hand on. */
  readonly body: () => Uint8Array
  readonly refusal?: Refusal
}

const nothing: Pairs = []
const encoder = new TextEncoder()

/**
 * Decides what the signature has to cover. With a refusal, `params` is only what `observe` mode hands over.
 * @param borrowed the body's bytes, which are not looked at any more afterwards
 */
export function readContent(envelope: Envelope, query: string, borrowed: Uint8Array): Content {
  const { method, handshake } = envelope
  if (method === 'GET' || handshake) {
    const params = parseForm(query.slice(1)) ?? parseLeniently(query.slice(1))
    const content: Content = { params, signedParams: nothing, covers: 'url', body: keepBytes(borrowed) }
    return borrowed.length === 0 ? content : { ...content, refusal: new Refusal('body_unsigned') }
  }
  const hash = findBodyHash(query)
  if (borrowed.length === 0) {
    const content: Content = { params: nothing, signedParams: nothing, covers: 'url', body: keepBytes(borrowed) }
    // Otherwise a captured JSON request could be sent again without its body.
    const stripped = hash !== undefined && hash !== hashBody(borrowed)
    return stripped ? { ...content, refusal: new Refusal('body_hash_mismatch') } : content
  }
  if (isForm(envelope)) {
    const text = decodeUtf8(borrowed)
    const params = text === undefined ? undefined : parseForm(text)
    if (text !== undefined && params !== undefined)
      return { params, signedParams: params, covers: 'params', body: keepText(text) }
    const lenient = parseLeniently(new TextDecoder().decode(borrowed))
    const refusal = new Refusal('body_malformed')
    return { params: lenient, signedParams: nothing, covers: 'params', body: keepBytes(borrowed), refusal }
  }
  const body = keepBytes(borrowed)
  const content: Content = { params: nothing, signedParams: nothing, covers: 'body', body }
  if (hash === undefined) return { ...content, refusal: new Refusal('body_unsigned') }
  if (hash !== hashBody(body())) return { ...content, refusal: new Refusal('body_hash_mismatch') }
  return content
}

function keepBytes(borrowed: Uint8Array): Content['body'] {
  const bytes = new Uint8Array(borrowed)
  return () => bytes
}

/** A text cannot be changed, and costs less to keep than a copy: UTF-8 that was decoded without loss gives the same bytes again. */
function keepText(text: string): Content['body'] {
  let bytes: Uint8Array | undefined
  return () => {
    bytes ??= encoder.encode(text)
    return bytes
  }
}

function isForm(envelope: Envelope): boolean {
  const type = readSingle(envelope.header, 'content-type')
  return typeof type === 'object' && isFormType(type.value)
}

/** As browsers and most parsers do. For what is proven by nothing, or by its spelling alone, as the query of a GET is. */
function parseLeniently(form: string): Pairs {
  return [...new URLSearchParams(`?${form}`)]
}
