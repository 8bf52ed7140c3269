import { readEnvironment } from '../checks/runtime.ts'
import { isAccountSid } from '../checks/secrets.ts'
import { serializeForm } from '../form.ts'
import { isCaptureSite } from '../requests/capture-sites.ts'
import { findBodyHash, hashBody } from '../schemes/twilio/sign/signature.ts'
import { joinUrl } from '../url.ts'
import type { Rejected, Verdict } from '../verdict.ts'
import type { Match, Search } from './attempt.ts'
import { findBodyVariant } from './body-variants.ts'
import { fixCapture } from './capture-sites.ts'
import { type CauseId, causes } from './causes/index.ts'
import { lookedUp } from './causes/keys.ts'
import { arrivedWhole, beforeServer, nothingWritten, rawNumbers } from './causes/params.ts'
import type { CausePart, Proof } from './causes/row.ts'
import {
  askCauses,
  type Cause,
  type FoundCause,
  hasEvidence,
  isCertain,
  listUndone,
  orderSuspicions,
  type PresentedSignature,
  removeRepeated,
} from './engine.ts'
import { findDroppingCdn, isRedirected } from './evidence.ts'
import type { SigningPart, UrlForm } from './mask.ts'
import type { Subject } from './reading.ts'
import { type Question, showChecked } from './report.ts'
import { isUrlNamed } from './url-hints.ts'

/** The result of a diagnosis. */
export interface Diagnosis {
  readonly verdict: Verdict
  /**
   * Undo exactly these causes and the signature matches. Absent if nothing was found, and for an
   * accepted request.
   */
  readonly proven?: {
    readonly causes: readonly Cause<CauseId>[]
    /** The URL that Twilio signed. Absent if another program signed the request. */
    readonly signedUrl?: string
    /**
     * The option that mends the URL, as a line to copy, such as
     * `publicUrl: 'https://example.com/twilio'`. Absent if no option does. It has been tried: with
     * it, the verifier checks the URL that Twilio signed.
     */
    readonly setting?: string
  }
  /** If nothing is proven: causes that the request and the options suggest, most likely first. */
  readonly suspected: readonly Cause<CauseId>[]
  /** If nothing is proven, and nothing shows the cause: the question that settles it. */
  readonly question?: Question
  /** If nothing is proven: what the search has excluded, as one sentence. */
  readonly ruledOut?: string
  /**
   * If nothing is proven: the command line that shows what Twilio sent, which settles it. It is
   * complete.
   */
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
  readonly proven: { readonly causes: readonly FoundCause<CauseId>[]; readonly signedUrl?: string } | undefined
  readonly suspected: readonly FoundCause<CauseId>[]
  /** The suspected causes are certain, so no guess of the user's is needed. */
  readonly isCertain: boolean
  /** Something in the request or the options suggests the first suspect. */
  readonly isShown?: boolean
}

/** What is known about a refused request beside the request itself. */
interface Refused {
  readonly rejection: Rejected
  /** The readings of the signature header. */
  readonly presented: readonly PresentedSignature<CauseId>[]
  /** The parts of the request that verified others in this process. */
  readonly working: ReadonlySet<CausePart>
}

/**
 * Draws the conclusion from a search.
 * @param subject the request
 * @param refused what is known about it beside
 * @param search the result of the search
 * @returns the proven causes, or the suspected ones
 */
export function drawConclusion(subject: Subject, refused: Refused, { match, tried }: Search): Findings {
  if (match === undefined) return { proven: undefined, ...listSuspected(subject, refused, tried) }
  const { rejection } = refused
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
  // No change of the path or the body has the verifier refuse the host.
  const ofOrigin = explained.filter(({ id }) => causes[id].part === 'origin')
  const isOriginKnown = found.some(({ id }) => causes[id].part === 'origin')
  // The verifier cannot read the body, so another change alone would not mend it.
  const isUnread = rejection.code === 'body_malformed' && !found.some(({ id }) => ofContent.includes(causes[id].part))
  const apart = found.length === 0 || isApart || isUnread || isGuess ? explained : isOriginKnown ? [] : ofOrigin
  const isEarlier = isChangedBefore(subject, match)
  const proven = removeRepeated([...kept, ...apart]).map((cause) => {
    const one = subject.keys.isLookedUp
      ? { ...cause, detail: cause.detail.replace(/^The configured Auth Token/, lookedUp) }
      : cause
    if (isEarlier && causes[one.id].part === 'params' && aboutVerifier.includes(one.fix))
      return { ...one, fix: beforeServer }
    const cdn = losesQuery(one.id, subject, match) ? findDroppingCdn(subject.header) : undefined
    return cdn === undefined ? one : { ...one, fix: `${one.fix ?? causes[one.id].fix} ${cdn}` }
  })
  // Twilio signed no URL that another program chose.
  const isOwn = proven.some(({ id }) => causes[id].isStranger)
  return proven.length === 0
    ? { proven: undefined, suspected: [], isCertain: true }
    : {
        proven: { causes: proven, ...(!isOwn && { signedUrl: match.form.url }) },
        suspected: [],
        isCertain: true,
      }
}

/** Fixes that say what to do in this server. */
const aboutVerifier: readonly (string | undefined)[] = [undefined, nothingWritten, rawNumbers]

/**
 * Checks if the parameters changed before this server got the form: it has the length that its
 * sender named, and the one that was signed has another.
 */
function isChangedBefore(subject: Subject, { state }: Match): boolean {
  return arrivedWhole(subject) && serializeForm(state.pairs).length !== serializeForm(subject.formPairs).length
}

/** Says if a cause is that a part of the query was lost. */
function losesQuery(id: CauseId, { state: { url } }: Subject, { edits, state }: Match): boolean {
  const isLonger = state.url.query.length > url.query.length
  return isLonger && edits.some((edit) => edit.cause === id && ['fields', 'hash'].includes(edit.dimension))
}

/** The parts of which the URL consists. */
const ofUrl: readonly CausePart[] = ['origin', 'path', 'query']

/** The parts that a body with another content changes. */
const ofContent: readonly CausePart[] = ['params', 'body']

function readMatch(
  subject: Subject,
  { state, edits, presented }: Match,
): { found: FoundCause<CauseId>[]; isBodyOther: boolean } {
  const undone = listUndone(edits)
  // A copy from such a site has one cause of its URL: the path and the port are those of the site.
  const found = isCaptureSite(state.url.host)
    ? undone.filter(({ id, fix }) => fix === fixCapture(state.url.host) || !ofUrl.includes(causes[id].part))
    : undone
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
  // A program that signed it in the place of Twilio chose its host and path.
  const isOwn = beside.some(({ id }) => causes[id].isStranger)
  const kept = isOwn ? found.filter(({ id }) => !['origin', 'path'].includes(causes[id].part)) : found
  return { found: removeRepeated(isOwn ? [...beside, ...kept] : [...kept, ...beside]), isBodyOther }
}

/**
 * Describes what a search without a match has excluded.
 * @param subject the request
 * @param search the result of the search
 * @param working the parts of a request that worked a short time ago
 * @returns one sentence, or `undefined` if nothing was searched
 */
export function describeRuledOut(
  { evidence, keys, request }: Subject,
  { tried, isCut }: Search,
  working: ReadonlySet<CausePart>,
): string | undefined {
  if (tried === 0) return undefined
  if (isCut)
    return 'The search ended at its limit before it had tried everything, so nothing was ruled out. With a larger "maxTries" (--max-tries) it goes on.'
  const named = evidence.proxied
    ? 'the hosts, ports and paths that the headers name'
    : 'the host that the request names'
  const key = keys.claimedKeyId === undefined ? 'the Auth Token' : 'the SharedKey'
  // A platform that decodes the query leaves more spellings than can be tried.
  const spellings = request.urlIsNormalized ? 'path and parameters' : 'path, query and parameters'
  return `With ${key} that is configured, these were ruled out: http for https, ${named}, and the usual prefixes, ports and spellings of ${spellings}.${describeWorking(working)}`
}

/**
 * Asks what settles a refusal of which nothing is known.
 * @param subject the request
 * @param working the parts of a request that worked a short time ago
 * @returns the question, with the commands for a request that was not kept
 */
export function askQuestion(subject: Subject, working: ReadonlySet<CausePart>): Question {
  const { keys, state } = subject
  const [account, ...others] = keys.accounts
  const isShown = isAccountSid(account) && others.length === 0 && readEnvironment('NODE_ENV') !== 'production'
  return {
    checkedUrl: showChecked(joinUrl(state.url)),
    ...(isShown && { account: `${account.slice(0, 4)}…` }),
    commands: writeCommands('diagnose'),
    key: keys.claimedKeyId === undefined ? 'Auth Token' : 'SharedKey',
    ...(isUrlNamed(subject) && { isUrlKnown: true }),
    ...(working.has('key') && { isKeyKnown: true }),
  }
}

/**
 * Writes the commands of a question.
 * @param command the command that reads the request, such as `diagnose --last`
 * @returns the command lines
 */
export function writeCommands(command: string): Question['commands'] {
  return [`npx @tollgate/cli ${command} --other-url 'URL'`, `npx @tollgate/cli ${command} --alert`]
}

/** The names of the parts that a process remembers. */
const parts = { key: 'its key', origin: 'this host', path: 'the same start of the path' } as const

/** Says what verified other requests of this process, and so is left out of the suspicions. */
function describeWorking(working: ReadonlySet<CausePart>): string {
  const names = Object.entries(parts).flatMap(([part, name]) => (working.has(part as CausePart) ? [name] : []))
  return names.length === 0 ? '' : ` In the hour before, the server verified other requests with ${names.join(', ')}.`
}

/** Lists the last failed webhooks of the account, each with the command that compares it. */
export const askTwilio = 'npx @tollgate/cli diagnose --recent'

/** Lists the causes that the request and the options suggest, most likely first. */
function listSuspected(
  subject: Subject,
  { rejection, presented, working }: Refused,
  tried: number,
): Omit<Findings, 'proven'> {
  const isNamed = tried > 0 && isUrlNamed(subject)
  const suspicions = askCauses(causes, (row) =>
    row.suspect?.({ subject, rejection, tried, presented, working, isUrlNamed: isNamed }),
  )
  const damage = presented[0]?.cause
  // The repaired header did not match, so there is another cause, or the rest of the request is
  // unread.
  if (damage !== undefined && !suspicions.some(({ id }) => id === damage.id))
    suspicions.push({ ...damage, grounds: [subject.unread ? 'refusal' : 'shape'] })
  // Twilio's own fields of a GET are not in the URL that the user names.
  const excluded = !isNamed ? [] : isRedirected(subject.method, subject.state.url.query) ? ['origin', 'path'] : ofUrl
  const left = suspicions.filter(
    (one) =>
      (!working.has(causes[one.id].part) || hasEvidence(one)) &&
      (!excluded.includes(causes[one.id].part) || isCertain(one)),
  )
  const ordered = orderSuspicions(causes, left.length > 0 ? left : suspicions, rejection)
  const first = suspicions.find(({ id }) => id === ordered.suspected[0]?.id)
  return { ...ordered, isShown: first !== undefined && hasEvidence(first) }
}
