import type { Pairs } from '../scheme/form.ts'
import { decodeUtf8, hasTooManyPairs, isFormType, parseForm, parseLeniently } from '../scheme/form.ts'
import { findBodyHash, hashBody } from '../scheme/signature.ts'
import { type Rejected, reject } from '../verdict.ts'
import { type Envelope, readSingle } from './head.ts'

/** The body as the signature can cover it. */
export interface Content {
  /** What the application gets: the form's parameters, or the query's for a GET and a handshake. */
  readonly params: Pairs
  /** What is signed after the URL. */
  readonly signedParams: Pairs
  /** The parameters in which accounts count: the form's, or the query's where nothing but the URL is signed. */
  readonly named: Pairs
  readonly covers: 'params' | 'body' | 'url'
  /** The URL has the hash of another body, so a genuine delivery may have the same signing string. */
  readonly hasForeignHash?: true
  /** The same bytes every time, which nobody but us and the application has a hand on. */
  readonly body: () => Uint8Array
  readonly refusal?: Rejected
}

const nothing: Pairs = []
const unsigned = { params: nothing, signedParams: nothing, named: nothing }
const encoder = new TextEncoder()

/**
 * Decides what the signature has to cover. With a refusal, `params` is only what `observe` mode hands over.
 * @param borrowed the body's bytes, which are not looked at any more afterwards
 */
export function readContent(envelope: Envelope, query: string, borrowed: Uint8Array): Content {
  if (envelope.method === 'GET' || envelope.handshake || borrowed.length === 0)
    return readUrlOnly(envelope, query, borrowed)
  if (isForm(envelope)) {
    const form = readForm(borrowed)
    // `&` or `=`: nothing of such a form is signed, so it must not count for more than no body.
    const isEmpty = form.refusal === undefined && form.params.every(([name, value]) => name + value === '')
    return isEmpty ? { ...readUrlOnly(envelope, query, borrowed), params: form.params } : form
  }
  const hash = findBodyHash(query)
  const body = keepBytes(borrowed)
  const content: Content = { ...unsigned, covers: 'body', body }
  if (hash === undefined) return { ...content, refusal: reject('body_unsigned') }
  if (hash !== hashBody(body())) return { ...content, refusal: reject('body_hash_mismatch') }
  return content
}

function readForm(borrowed: Uint8Array): Content {
  const text = decodeUtf8(borrowed)
  const params = text === undefined ? undefined : parseForm(text)
  if (text !== undefined && params !== undefined)
    return { params, signedParams: params, named: params, covers: 'params', body: keepText(text) }
  return {
    ...unsigned,
    params: parseLeniently(new TextDecoder().decode(borrowed)),
    covers: 'params',
    body: keepBytes(borrowed),
    refusal: reject('body_malformed'),
  }
}

/** A request whose signature covers nothing but the URL. */
function readUrlOnly({ method, handshake }: Envelope, query: string, borrowed: Uint8Array): Content {
  const pairs = parseForm(query.slice(1)) ?? parseLeniently(query.slice(1))
  const isBodyless = method === 'GET' || handshake
  const content: Content = {
    params: isBodyless ? pairs : nothing,
    signedParams: nothing,
    named: pairs,
    covers: 'url',
    body: keepBytes(borrowed),
  }
  // They were not read, and the handler may find an account among them.
  if (hasTooManyPairs(query)) return { ...content, refusal: reject('url_not_allowed', 'It has too many pairs.') }
  if (isBodyless && borrowed.length > 0) return { ...content, refusal: reject('body_unsigned') }
  const hash = handshake ? undefined : findBodyHash(query)
  if (hash === undefined || hash === hashBody(borrowed)) return content
  // The status callback of a regulatory bundle is a GET without a body, whose hash covers something unknown (twilio-php #861).
  if (
    method === 'GET' &&
    hash !== 'malformed' &&
    ['AccountSid', 'BundleSid'].every((name) => pairs.some((pair) => pair[0] === name))
  )
    return { ...content, hasForeignHash: true }
  // Otherwise a captured JSON event could be sent again without its body.
  return { ...content, refusal: reject('body_hash_mismatch') }
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
