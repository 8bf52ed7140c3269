import { decodeUtf8, parseForm } from '../scheme/form.ts'
import { hashBody } from '../scheme/signature.ts'
import { listBodyVariants, parseJson } from './body-variants.ts'
import { stripBlanks } from './ends.ts'
import { parseFormBody } from './form-body.ts'
import { readParsed } from './parsed-params.ts'
import type { Edit } from './state.ts'
import type { Subject } from './subject.ts'

/** What a body was taken for, and the hash that binds it. */
export function* listBodyEdits(subject: Subject): Generator<Edit> {
  yield* listSources(subject)
  yield* listTrimmed(subject)
  yield* listFromJson(subject)
  yield* listHashes(subject)
}

function* listSources({ isForm, body, given, state, contentType, method }: Subject): Generator<Edit> {
  const type = contentType === '' ? 'missing' : `"${contentType.slice(0, 60)}"`
  if (state.covers === 'params' && (looksLikeJson(body) || given !== undefined))
    yield {
      cause: 'json_taken_as_form',
      dimension: 'source',
      cost: given === undefined || /json/i.test(contentType) ? 1 : 3,
      apply: (one) => ({ ...one, pairs: [], covers: body === undefined ? 'url' : 'body' }),
      detail: `The body is JSON, and was taken for form parameters (Content-Type ${type}).`,
    }
  if (!isForm && body !== undefined && body.length > 0 && method !== 'GET' && !looksLikeJson(body)) {
    const pairs = parseFormBody(body)
    if (pairs !== undefined && pairs.length > 0)
      yield {
        cause: 'form_taken_as_json',
        dimension: 'source',
        cost: 1,
        apply: (one) => ({ ...one, pairs, covers: 'params' }),
        detail: `The body is a form, and its Content-Type is ${type}.`,
      }
  }
}

/** White space behind a form becomes a part of its last value. */
function* listTrimmed({ isForm, body, method }: Subject): Generator<Edit> {
  const text = isForm && body !== undefined && method !== 'GET' ? decodeUtf8(body) : undefined
  const trimmed = text && stripBlanks(text.trimStart())
  if (trimmed === undefined || trimmed === text) return
  const pairs = parseForm(trimmed)
  if (pairs !== undefined && pairs.length > 0)
    yield {
      cause: 'body_whitespace',
      dimension: 'source',
      cost: 1,
      apply: (one) => ({ ...one, pairs, covers: 'params' }),
      detail: 'The form gained white space or a line break around it.',
    }
}

/** A relay that reads forms and writes JSON: the parameters are its fields. */
function* listFromJson({ body, state, method }: Subject): Generator<Edit> {
  if (state.covers !== 'body' || body === undefined || method === 'GET' || !looksLikeJson(body)) return
  const json = parseJson(decodeUtf8(body) ?? '')?.value
  const pairs = typeof json === 'object' && json !== null && !Array.isArray(json) ? readParsed(json) : undefined
  if (pairs !== undefined && pairs.length > 0)
    yield {
      cause: 'form_taken_as_json',
      dimension: 'source',
      cost: 2,
      apply: (one) => ({ ...one, pairs, covers: 'params' }),
      detail: 'The form was written anew as JSON on the way: Twilio signed its fields as parameters.',
    }
}

export function looksLikeJson(body: Uint8Array | undefined): boolean {
  const text = body === undefined ? undefined : (decodeUtf8(body.subarray(0, 64)) ?? '')
  return /^\ufeff?\s*[[{]/.test(text ?? '')
}

/** What the hashes of other bodies may take of the budget. */
const shareOfHashes = 3 / 8

/** Where the URL has no `bodySHA256`, that of this body, or of one that it may have been. */
function* listHashes({ body, state, work }: Subject): Generator<Edit> {
  if (body === undefined || body.length === 0 || /[?&]bodySHA256=/.test(state.url.query)) return
  if (state.covers === 'params' && !looksLikeJson(body)) return
  const offer = (hash: string, cost: number, also?: Edit['also']): Edit => ({
    cause: 'body_hash_missing',
    dimension: 'hash',
    cost,
    ...(also && { also }),
    apply: (one) =>
      one.covers === 'body'
        ? {
            ...one,
            covers: 'url',
            url: { ...one.url, query: `${one.url.query.length > 1 ? `${one.url.query}&` : '?'}bodySHA256=${hash}` },
          }
        : undefined,
    detail: 'The URL lost its bodySHA256, which alone binds a JSON body to the signature.',
  })
  yield offer(hashBody(body), 1)
  for (const { hash, causes } of listBodyVariants(body, work, shareOfHashes))
    yield offer(hash, 1 + 2 * causes.length, causes)
}
