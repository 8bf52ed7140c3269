import { findBodyHash, hashBody } from '../scheme/body-hash.ts'
import { isFormType, parseForm } from '../scheme/form.ts'
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
  readonly refusal?: Refusal
}

const nothing: Pairs = []

/** Decides what the signature has to cover. With a refusal, `params` is only what `observe` mode hands over. */
export function readContent(envelope: Envelope, query: string, body: Uint8Array): Content {
  const { method, handshake } = envelope
  if (method === 'GET' || handshake) {
    const params = parseForm(query.slice(1)) ?? parseLeniently(query.slice(1))
    const content: Content = { params, signedParams: nothing, covers: 'url' }
    return body.length === 0 ? content : { ...content, refusal: new Refusal('body_unsigned') }
  }
  const hash = findBodyHash(query)
  if (body.length === 0) {
    const content: Content = { params: nothing, signedParams: nothing, covers: 'url' }
    // Otherwise a captured JSON request could be sent again without its body.
    const stripped = hash !== undefined && hash !== hashBody(body)
    return stripped ? { ...content, refusal: new Refusal('body_hash_mismatch') } : content
  }
  if (isForm(envelope)) {
    const params = parseForm(body)
    if (params !== undefined) return { params, signedParams: params, covers: 'params' }
    const lenient = parseLeniently(new TextDecoder().decode(body))
    return { params: lenient, signedParams: nothing, covers: 'params', refusal: new Refusal('body_malformed') }
  }
  const content: Content = { params: nothing, signedParams: nothing, covers: 'body' }
  if (hash === undefined) return { ...content, refusal: new Refusal('body_unsigned') }
  if (hash !== hashBody(body)) return { ...content, refusal: new Refusal('body_hash_mismatch') }
  return content
}

function isForm(envelope: Envelope): boolean {
  const type = readSingle(envelope.header, 'content-type')
  return typeof type === 'object' && isFormType(type.value)
}

/** As browsers and most parsers do. For what is proven by nothing, or by its spelling alone, as the query of a GET is. */
function parseLeniently(form: string): Pairs {
  return [...new URLSearchParams(`?${form}`)]
}
