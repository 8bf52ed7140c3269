import { findBodyHash } from '../../scheme/signature.ts'
import { looksLikeJson } from '../body-edits.ts'
import { isRewrittenJson } from '../body-variants.ts'
import type { FoundCause } from '../conclude.ts'
import type { Subject } from '../subject.ts'
import type { Suspect } from './suspect.ts'

/** A signature that proves the URL leaves nothing but the body. */
export function describeChangedBody(subject: Subject): FoundCause[] {
  const { body, work } = subject
  const rewritten = body !== undefined && isRewrittenJson(body, work)
  const proof = 'The signature proves the URL with its bodySHA256, and this body has another hash'
  return rewritten
    ? [{ id: 'body_reserialized', detail: `${proof}: a parser read and wrote it, or it is forged.` }]
    : [{ id: 'body_whitespace', detail: `${proof}: white space or line breaks were changed, or it is forged.` }]
}

export const bodySuspects: readonly Suspect[] = [
  ({ subject: { consumedBy, body, unread, isForm, given, contentLength } }) => {
    if (consumedBy !== undefined && given === undefined)
      return {
        id: 'body_already_parsed',
        score: 95,
        detail: `The body was read before the verifier could, and its bytes are gone (${consumedBy.slice(0, 80)}).`,
      }
    const isEmpty = body === undefined || body.length === 0
    if (!unread && isEmpty && given === undefined && contentLength > 0)
      return {
        id: 'body_already_parsed',
        score: 92,
        detail: `The body is empty, and Content-Length says ${contentLength}: something read it before.`,
      }
    const start = body === undefined ? '' : String.fromCharCode(...body.subarray(0, 20))
    if (start.startsWith('[object Object]'))
      return {
        id: 'body_already_parsed',
        score: 95,
        detail: 'The body is "[object Object]": a parsed object was made a text.',
      }
    return !unread && isEmpty && isForm && given === undefined
      ? {
          id: 'body_already_parsed',
          score: 70,
          detail: 'The body of this form is empty: something may have read it before.',
        }
      : undefined
  },
  ({ subject: { body, isForm, state, unread, method } }) => {
    if (unread || method === 'GET' || isForm || body === undefined || body.length === 0) return undefined
    const hash = findBodyHash(state.url.query)
    return hash === undefined && looksLikeJson(body)
      ? {
          id: 'body_hash_missing',
          score: 78,
          detail: 'The body is JSON, and the URL has no bodySHA256: its query was lost or changed.',
        }
      : undefined
  },
  ({ subject }) => {
    const { body, state } = subject
    if (body === undefined || body.length === 0 || state.covers !== 'body') return undefined
    const [first] = describeChangedBody(subject)
    return findBodyHash(state.url.query) === undefined || first === undefined || subject.bodyMatches
      ? undefined
      : { ...first, detail: 'The body has another hash than the bodySHA256 of the URL.', score: 66 }
  },
]
