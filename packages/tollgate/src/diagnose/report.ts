import { findBodyHash, hashBody } from '../scheme/signature.ts'
import type { Rejected, Verdict } from '../verdict.ts'
import { findBodyVariant } from './body-variants.ts'
import {
  type CauseId,
  causes,
  explainBody,
  explainRefusal,
  type FoundCause,
  listAccompanying,
  listSuspicions,
  type PresentedSignature,
} from './causes/index.ts'
import type { Proof } from './causes/row.ts'
import type { SigningPart, UrlForm } from './mask.ts'
import type { Subject } from './reading.ts'
import type { Match, Search } from './search.ts'

/** A cause, with what was seen in this request and what to do. */
export interface Cause {
  readonly id: CauseId
  /**
   * Describes what was seen in this request. Holds no token, no expected signature and no message
   * text.
   */
  readonly detail: string
  /** The fix in one line, for `framework` if that is known. */
  readonly fix: string
}

/** The result of a diagnosis. */
export interface Diagnosis {
  readonly verdict: Verdict
  /**
   * Undo exactly these causes and the signature matches. Absent if nothing was found, and for an
   * accepted request.
   */
  readonly proven?: { readonly causes: readonly Cause[]; readonly signedUrl: string }
  /** If nothing is proven: causes that the request and the options suggest, most likely first. */
  readonly suspected: readonly Cause[]
  /** The signed text under the proven causes, or else as this server sees the request. */
  readonly signingString: readonly SigningPart[]
  /** The spellings of the URL that the verifier tries. */
  readonly urlForms: readonly UrlForm[]
  /** The number of HMACs that were computed. */
  readonly tried: number
}

/** The causes that a diagnosis names. */
export interface Findings {
  readonly proven: { readonly causes: readonly FoundCause[]; readonly signedUrl: string } | undefined
  readonly suspected: readonly FoundCause[]
}

/**
 * Draws the conclusion from a search.
 * @param subject the request
 * @param rejection the verdict
 * @param search the result of the search
 * @param presented the readings of the signature header
 * @returns the proven causes, or the suspected ones
 */
export function drawConclusion(
  subject: Subject,
  rejection: Rejected,
  { match, tried }: Search,
  presented: readonly PresentedSignature[],
): Findings {
  if (match === undefined) return { proven: undefined, suspected: listSuspected(subject, rejection, tried, presented) }
  const { found, isBodyOther } = readMatch(subject, match)
  if (isBodyOther) return { proven: undefined, suspected: [...explainBody(subject), ...found] }
  const proven = found.length > 0 ? found : explainRefusal(subject, rejection.code)
  return proven.length === 0
    ? { proven: undefined, suspected: [] }
    : { proven: { causes: proven, signedUrl: match.form.url }, suspected: [] }
}

function readMatch(
  subject: Subject,
  { state, edits, presented }: Match,
): { found: FoundCause[]; isBodyOther: boolean } {
  const found: FoundCause[] = edits.flatMap(({ cause, detail, also = [] }) => [{ id: cause, detail }, ...also])
  if (presented.cause !== undefined) found.push(presented.cause)
  const { body, work } = subject
  const hash = state.covers === 'body' && body !== undefined ? findBodyHash(state.url.query) : undefined
  let bodyChange: Proof['bodyChange']
  let isBodyOther = false
  if (hash !== undefined && body !== undefined && hash !== hashBody(body)) {
    bodyChange = findBodyVariant(hash, body, work)
    isBodyOther = bodyChange === undefined
  }
  const changesParams = found.some(({ id }) => causes[id].changesParams === true)
  const addsHash = edits.some(({ dimension }) => dimension === 'hash')
  found.push(...listAccompanying(subject, { state, bodyChange, changesParams, addsHash }))
  return { found: removeRepeated(found), isBodyOther }
}

function removeRepeated(found: readonly FoundCause[]): FoundCause[] {
  return found.filter((cause, index) => found.findIndex(({ id }) => id === cause.id) === index)
}

const certain = 90
const least = 30
const mostSuspected = 5

/**
 * Lists the causes that the request and the options suggest, most likely first. A certain cause
 * hides the others.
 */
function listSuspected(
  subject: Subject,
  rejection: Rejected,
  tried: number,
  presented: readonly PresentedSignature[],
): FoundCause[] {
  const suspicions = listSuspicions({ subject, rejection, tried, presented })
  const damage = presented[0]?.cause
  // The repaired header did not match, so there is another cause, or the rest of the request is
  // unread.
  if (damage !== undefined) suspicions.push({ ...damage, score: subject.unread ? 97 : 81 })
  const found = suspicions.filter(({ score }) => score >= least).sort((one, other) => other.score - one.score)
  const sure = found.filter(({ score }) => score >= certain)
  return (sure.length > 0 ? sure : found.slice(0, mostSuspected)).map(({ id, detail }) => ({ id, detail }))
}
