import { findBodyHash, hashBody } from '../schemes/twilio/sign/signature.ts'
import type { Rejected, Verdict } from '../verdict.ts'
import { findBodyVariant } from './body-variants.ts'
import {
  type CauseId,
  causes,
  explainBody,
  explainRejection,
  type FoundCause,
  listAccompanying,
  listSuspicions,
  type PresentedSignature,
} from './causes/index.ts'
import type { Proof, Suspicion } from './causes/row.ts'
import { isForwarded } from './evidence.ts'
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
  /**
   * The fix in one line: the option to write, if the search knows the URL that was signed, or else
   * the fix for `framework` if that is known.
   */
  readonly fix: string
}

/** The result of a diagnosis. */
export interface Diagnosis {
  readonly verdict: Verdict
  /**
   * Undo exactly these causes and the signature matches. Absent if nothing was found, and for an
   * accepted request.
   */
  readonly proven?: {
    readonly causes: readonly Cause[]
    readonly signedUrl: string
    /**
     * The option that mends the URL, as a line to copy, such as
     * `publicUrl: 'https://example.com/twilio'`. Absent if no option does. It has been tried: with
     * it, the verifier checks the URL that Twilio signed.
     */
    readonly setting?: string
  }
  /** If nothing is proven: causes that the request and the options suggest, most likely first. */
  readonly suspected: readonly Cause[]
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

type ScoredCause = FoundCause & Suspicion

/** The causes that a diagnosis names. */
interface Findings {
  readonly proven: { readonly causes: readonly FoundCause[]; readonly signedUrl: string } | undefined
  readonly suspected: readonly FoundCause[]
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
  presented: readonly PresentedSignature[],
): Findings {
  if (match === undefined) return { proven: undefined, ...listSuspected(subject, rejection, tried, presented) }
  const { found, isBodyOther } = readMatch(subject, match)
  if (isBodyOther) return { proven: undefined, suspected: [...explainBody(subject), ...found], isCertain: true }
  // These refuse the request with any signature.
  const isApart = rejection.code === 'method_not_allowed' || rejection.code === 'content_encoding_unsupported'
  const explained = explainRejection(subject, rejection)
  const isGuess = explained.some(({ guessesOrigin }) => guessesOrigin)
  const kept = isGuess ? found.filter(({ id }) => !isNamed(id, subject, match)) : found
  const proven = removeRepeated([...kept, ...(found.length === 0 || isApart || isGuess ? explained : [])])
  return proven.length === 0
    ? { proven: undefined, suspected: [], isCertain: true }
    : { proven: { causes: proven, signedUrl: match.form.url }, suspected: [], isCertain: true }
}

/** Checks if a cause is a part of the origin that was signed as forwarding headers name it. */
function isNamed(id: CauseId, { evidence: { hosts, schemes, ports } }: Subject, { state: { url } }: Match): boolean {
  if (id === 'scheme') return schemes.some((one) => isForwarded(one) && one.value.toLowerCase() === url.scheme)
  if (id === 'host') return hosts.some((one) => isForwarded(one) && one.value.host === url.host)
  if (id !== 'port') return false
  return [...ports, ...hosts.map(({ value, from }) => ({ value: value.port, from }))].some(
    (one) => isForwarded(one) && one.value === url.port,
  )
}

function readMatch(
  subject: Subject,
  { state, edits, presented }: Match,
): { found: FoundCause[]; isBodyOther: boolean } {
  const found: FoundCause[] = edits.flatMap(({ cause, detail, fix, also = [] }) => [
    { id: cause, detail, fix },
    ...also,
  ])
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

/**
 * Describes what a search without a match has excluded.
 * @param subject the request
 * @param tried the number of HMACs
 * @returns one sentence, or `undefined` if nothing was searched
 */
export function describeRuledOut({ evidence, keys, request }: Subject, tried: number): string | undefined {
  if (tried === 0) return undefined
  const named = evidence.proxied
    ? 'the hosts, ports and paths that the headers name'
    : 'the host that the request names'
  const key = keys.claimedKeyId === undefined ? 'the Auth Token' : 'the SharedKey'
  // A platform that decodes the query leaves more spellings than can be tried.
  const spellings = request.urlIsNormalized ? 'path and parameters' : 'path, query and parameters'
  return `With ${key} that is configured, these were ruled out: http for https, ${named}, the usual prefixes and ports, other spellings of ${spellings}.`
}

/**
 * Writes the command that would settle what is suspected, with the flags that the causes need.
 * @param subject the request
 * @param suspected the causes
 * @returns the command, or `undefined` if no guess of the user's helps
 */
export function writeCommand({ state, keys }: Subject, suspected: readonly FoundCause[]): string | undefined {
  const ids = new Set(suspected.map(({ id }) => id))
  const { scheme, host, port } = state.url
  const origin = `${scheme.toLowerCase().replace('ws', 'http')}://${host}${port}`
  const flags = [
    ...(ids.has('token_of_other_account') || ids.has('shared_key_wrong') ? ['--other-token-file tokens.txt'] : []),
    ...(ids.has('path_prefix') ? ['--prefix /PREFIX'] : []),
    ...(ids.has('host') ? ['--other-host HOST'] : []),
    ...(ids.has('path_prefix') || ids.has('host') || ids.has('query_missing')
      ? ["--other-url 'URL in the Twilio console'"]
      : []),
  ]
  if (flags.length === 0 || !/^[a-z]+:\/\/[\w.:[\]-]+$/i.test(origin)) return undefined
  const id = keys.claimedKeyId
  const key = id !== undefined && /^[\w-]{1,100}$/.test(id) ? ` --shared-key ${id}` : ''
  return `npx @tollgate/cli diagnose --capture request.json --public-url ${origin}${key} ${flags.join(' ')}`
}

/**
 * Adds the sign that the request is not from Twilio to causes that are certain: a stranger can bring
 * about most rejections. It comes first if the request alone decides about such a rejection, and last if
 * the options or the code of this server refuse genuine requests too.
 */
function addStranger(
  sure: readonly ScoredCause[],
  found: readonly ScoredCause[],
  { code, status }: Rejected,
): readonly ScoredCause[] {
  const others = found.filter((one) => one.id === 'not_from_twilio' && !sure.includes(one))
  // The row has weighed a lost header against a stranger.
  if (code === 'signature_missing') return sure
  const isOwnFault = code === 'signature_mismatch' || status >= 500
  return isOwnFault ? [...sure, ...others] : [...others, ...sure]
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
): Pick<Findings, 'suspected' | 'isCertain'> {
  const suspicions = listSuspicions({ subject, rejection, tried, presented })
  const damage = presented[0]?.cause
  // The repaired header did not match, so there is another cause, or the rest of the request is
  // unread.
  if (damage !== undefined) suspicions.push({ ...damage, score: subject.unread ? 97 : 81 })
  const found = suspicions.filter(({ score }) => score >= least).sort((one, other) => other.score - one.score)
  const sure = found.filter(({ score }) => score >= certain)
  const isCertain = sure.length > 0
  const suspected = (isCertain ? addStranger(sure, found, rejection) : found.slice(0, mostSuspected)).map(
    ({ id, detail, fix }) => ({
      id,
      detail,
      fix,
    }),
  )
  return { suspected, isCertain }
}
