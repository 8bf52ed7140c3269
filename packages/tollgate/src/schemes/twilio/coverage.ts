import { decodeLeniently, decodeUtf8, encodeUtf8 } from '../../bytes.ts'
import { hasTooManyPairs, isFormType, type Pairs, parseForm, parseLeniently } from '../../form.ts'
import { type Rejected, reject } from '../../verdict.ts'
import { type Head, listTexts, readSingle } from '../../verify/head.ts'
import { findBodyHash, hashBody } from './sign/signature.ts'

/** The part of a request that its signature covers. */
export interface Coverage {
  /**
   * For the application: the parameters of the form, or those of the query for a GET and a
   * handshake.
   */
  readonly params: Pairs
  /** The parameters that are signed after the URL. */
  readonly signedParams: Pairs
  /**
   * The parameters that may name accounts: those of the form, or those of the query if only the URL
   * is signed.
   */
  readonly named: Pairs
  readonly covers: 'params' | 'body' | 'url'
  /**
   * The URL has the hash of another body, so another genuine delivery may have the same signing
   * string.
   */
  readonly hasForeignHash: true | undefined
  /** Returns the same bytes every time. Only the library and the application can reach them. */
  readonly body: () => Uint8Array
  readonly rejection: Rejected | undefined
}

const nothing: Pairs = []

/**
 * All are set, because a polluted `Object.prototype` could otherwise give them a value. A spread
 * with further properties would cost half of an HMAC.
 */
function toCoverage(
  covers: Coverage['covers'],
  body: Coverage['body'],
  params = nothing,
  signedParams = nothing,
  named = signedParams,
): Coverage {
  return { params, signedParams, named, hasForeignHash: undefined, rejection: undefined, covers, body }
}

/**
 * Determines what the signature of a request must cover. With a rejection, `params` are for
 * `observe` mode only.
 * @param borrowed The bytes of the body. They are not used after this call.
 */
export function readCoverage(head: Head, query: string, borrowed: Uint8Array): Coverage {
  if (head.method === 'GET' || head.handshake || borrowed.length === 0) return readUrlOnly(head, query, borrowed)
  const type = readSingle(head.header, 'content-type') ?? listTexts(head.header('content-type')).join()
  if (isFormType(type)) {
    const form = readForm(borrowed)
    // A form such as `&` or `=` adds nothing to the signing string, so it proves no more than no
    // body.
    const isEmpty = form.rejection === undefined && !form.params.some(([name, value]) => name + value)
    return isEmpty ? { ...readUrlOnly(head, query, borrowed), params: form.params } : form
  }
  const hash = findBodyHash(query)
  const body = keepBytes(borrowed)
  const coverage = toCoverage('body', body)
  // Content-Type is not signed, and a parser of the application may decode JSON by its charset.
  // Text in UTF-7 would become names and values.
  if (hash === undefined || /charset\s*=(?!\s*"?utf-8\b)/i.test(type))
    return { ...coverage, rejection: reject('body_unsigned') }
  return hash === hashBody(body()) ? coverage : { ...coverage, rejection: reject('body_hash_mismatch') }
}

function readForm(borrowed: Uint8Array): Coverage {
  const text = decodeUtf8(borrowed)
  // `request.formData()` and URLSearchParams drop a `?` at the start, so a handler would read
  // another name than the signed one. Twilio encodes it.
  const params = text === undefined || text[0] === '?' ? undefined : parseForm(text)
  if (text !== undefined && params !== undefined) return toCoverage('params', keepText(text), params, params)
  const body = keepBytes(borrowed)
  let received: Pairs | undefined
  return {
    ...toCoverage('params', body),
    // Read for the handler in `observe` mode only. For `%%%` it costs twenty times a good form.
    get params() {
      received ??= parseLeniently(decodeLeniently(body()))
      return received
    },
    rejection: reject('body_malformed'),
  }
}

/** Reads a request whose signature covers only the URL. */
function readUrlOnly({ method, handshake }: Head, query: string, borrowed: Uint8Array): Coverage {
  const pairs = parseForm(query.slice(1)) ?? parseLeniently(query.slice(1))
  const isBodyless = method === 'GET' || handshake
  const coverage = toCoverage('url', keepBytes(borrowed), isBodyless ? pairs : nothing, nothing, pairs)
  // They were not read, and the handler may find an account in them.
  if (hasTooManyPairs(query)) return { ...coverage, rejection: reject('query_too_long') }
  if (isBodyless && borrowed.length > 0) return { ...coverage, rejection: reject('body_unsigned') }
  const hash = handshake ? undefined : findBodyHash(query)
  if (hash === undefined || hash === hashBody(borrowed)) return coverage
  // The status callback of a regulatory bundle is a GET without a body, with the hash of something
  // unknown (twilio-php #861).
  if (
    method === 'GET' &&
    hash !== 'malformed' &&
    ['AccountSid', 'BundleSid'].every((name) => pairs.some((pair) => pair[0] === name))
  )
    return { ...coverage, hasForeignHash: true }
  // Otherwise a captured JSON event could be sent again without its body.
  return { ...coverage, rejection: reject('body_hash_mismatch') }
}

function keepBytes(borrowed: Uint8Array): Coverage['body'] {
  const bytes = new Uint8Array(borrowed)
  return () => bytes
}

/**
 * Keeps a body as its text. That costs less than a copy of the bytes: text that was decoded without
 * loss gives the same bytes again.
 */
function keepText(text: string): Coverage['body'] {
  let bytes: Uint8Array | undefined
  return () => {
    bytes ??= encodeUtf8(text)
    return bytes
  }
}
