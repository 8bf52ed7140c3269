import { findBodyHash, hashBody } from '../schemes/twilio/sign/signature.ts'
import type { Rejected, Verdict } from '../verdict.ts'
import type { Match, Search } from './attempt.ts'
import { findBodyVariant } from './body-variants.ts'
import { type CauseId, causes } from './causes/index.ts'
import { type Guess, guessFlags, type Proof } from './causes/row.ts'
import {
  askCauses,
  type Cause,
  type FoundCause,
  listUndone,
  orderSuspicions,
  type PresentedSignature,
  removeRepeated,
} from './engine.ts'
import type { SigningPart, UrlForm } from './mask.ts'
import type { Subject } from './reading.ts'

/** The result of a diagnosis. */
export interface Diagnosis {
  readonly verdict: Verdict
  /**
   * Undo exactly these causes and the signature matches. Absent if nothing was found, and for an
   * accepted request.
   */
  readonly proven?: {
    readonly causes: readonly Cause<CauseId>[]
    readonly signedUrl: string
    /**
     * The option that mends the URL, as a line to copy, such as
     * `publicUrl: 'https://example.com/twilio'`. Absent if no option does. It has been tried: with
     * it, the verifier checks the URL that Twilio signed.
     */
    readonly setting?: string
  }
  /** If nothing is proven: causes that the request and the options suggest, most likely first. */
  readonly suspected: readonly Cause<CauseId>[]
  /** If nothing is proven: what the search has excluded, as one sentence. */
  readonly ruledOut?: string
  /** If nothing is proven: a command line that would settle it, with the guesses that you add. */
  readonly command?: string
  /** The signed text under the proven causes, or else as this server sees the request. */
  readonly signingString: readonly SigningPart[]
  /** The spellings of the URL that the verifier tries. */
  readonly urlForms: readonly UrlForm[]
  /** The number of HMACs that were computed. */
  readonly tried: number
}

/** The causes that a diagnosis names. */
interface Findings {
  readonly proven: { readonly causes: readonly FoundCause<CauseId>[]; readonly signedUrl: string } | undefined
  readonly suspected: readonly FoundCause<CauseId>[]
  /** The suspected causes are certain, so no guess of the user's is needed. */
  readonly isCertain: boolean
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
  presented: readonly PresentedSignature<CauseId>[],
): Findings {
  if (match === undefined) return { proven: undefined, ...listSuspected(subject, rejection, tried, presented) }
  const { found, isBodyOther } = readMatch(subject, match)
  if (isBodyOther)
    return {
      proven: undefined,
      suspected: [...askCauses(causes, (row) => row.explainBody?.(subject)), ...found],
      isCertain: true,
    }
  // These refuse the request with any signature.
  const isApart = rejection.code === 'method_not_allowed' || rejection.code === 'content_encoding_unsupported'
  const explained = askCauses(causes, (row) => row.rejections?.[rejection.code]?.(subject, rejection))
  const isGuess = explained.some(({ guessesOrigin }) => guessesOrigin)
  const isForwarded = ({ id }: FoundCause<CauseId>) => causes[id].isForwarded?.(subject.evidence, match.state.url)
  const kept = isGuess ? found.filter((cause) => !isForwarded(cause)) : found
  const proven = removeRepeated([...kept, ...(found.length === 0 || isApart || isGuess ? explained : [])])
  return proven.length === 0
    ? { proven: undefined, suspected: [], isCertain: true }
    : { proven: { causes: proven, signedUrl: match.form.url }, suspected: [], isCertain: true }
}

function readMatch(
  subject: Subject,
  { state, edits, presented }: Match,
): { found: FoundCause<CauseId>[]; isBodyOther: boolean } {
  const found = listUndone(edits)
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
  const proof: Proof = { state, bodyChange, changesParams, addsHash }
  const beside = askCauses(causes, (row) => row.accompany?.(subject, proof))
  return { found: removeRepeated([...found, ...beside]), isBodyOther }
}

/**
 * Describes what a search without a match has excluded.
 * @param subject the request
 * @param search the result of the search
 * @returns one sentence, or `undefined` if nothing was searched. If the search was cut, the sentence
 *   says so, and claims less.
 */
export function describeRuledOut({ evidence, keys, request }: Subject, { tried, isCut }: Search): string | undefined {
  if (tried === 0) return undefined
  const named = evidence.proxied
    ? 'the hosts, ports and paths that the headers name'
    : 'the host that the request names'
  const key = keys.claimedKeyId === undefined ? 'the Auth Token' : 'the SharedKey'
  // A platform that decodes the query leaves more spellings than can be tried.
  const spellings = request.urlIsNormalized ? 'path and parameters' : 'path, query and parameters'
  const claim = isCut ? 'the search reached its limit, so these were tried only in part' : 'these were ruled out'
  return `With ${key} that is configured, ${claim}: http for https, ${named}, the usual prefixes and ports, other spellings of ${spellings}.`
}

/**
 * Writes the command that would settle what is suspected, with the flags that the causes need.
 * @param subject the request
 * @param suspected the causes
 * @returns the command, or `undefined` if no guess of the user's helps
 */
export function writeCommand({ state, keys }: Subject, suspected: readonly FoundCause<CauseId>[]): string | undefined {
  const guesses = new Set(suspected.flatMap(({ id }) => causes[id].guesses ?? []))
  const { scheme, host, port } = state.url
  const origin = `${scheme.toLowerCase().replace('ws', 'http')}://${host}${port}`
  const flags = Object.entries(guessFlags).flatMap(([guess, flag]) => (guesses.has(guess as Guess) ? [flag] : []))
  if (flags.length === 0 || !/^[a-z]+:\/\/[\w.:[\]-]+$/i.test(origin)) return undefined
  const id = keys.claimedKeyId
  const key = id !== undefined && /^[\w-]{1,100}$/.test(id) ? ` --shared-key ${id}` : ''
  return `npx @tollgate/cli diagnose --capture request.json --public-url ${origin}${key} ${flags.join(' ')}`
}

/** Lists the causes that the request and the options suggest, most likely first. */
function listSuspected(
  subject: Subject,
  rejection: Rejected,
  tried: number,
  presented: readonly PresentedSignature<CauseId>[],
): Pick<Findings, 'suspected' | 'isCertain'> {
  const suspicions = askCauses(causes, (row) => row.suspect?.({ subject, rejection, tried, presented }))
  const damage = presented[0]?.cause
  // The repaired header did not match, so there is another cause, or the rest of the request is
  // unread.
  if (damage !== undefined) suspicions.push({ ...damage, grounds: [subject.unread ? 'refusal' : 'shape'] })
  return orderSuspicions(causes, suspicions, rejection)
}
