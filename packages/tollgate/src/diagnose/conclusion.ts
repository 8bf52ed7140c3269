import { readEnvironment } from '../checks/runtime.ts'
import { isAccountSid } from '../checks/secrets.ts'
import { isCaptureSite } from '../requests/capture-sites.ts'
import type { Question } from '../schemes/scheme.ts'
import { findBodyHash, hashBody } from '../schemes/twilio/sign/signature.ts'
import { joinUrl } from '../url.ts'
import type { Rejected, Verdict } from '../verdict.ts'
import type { Match, Search } from './attempt.ts'
import { findBodyVariant } from './body-variants.ts'
import { fixCapture } from './capture-sites.ts'
import { type CauseId, causes } from './causes/index.ts'
import { lookedUp } from './causes/keys.ts'
import type { CausePart, ProvenState } from './causes/row.ts'
import {
  askCauses,
  type Cause,
  type FoundCause,
  listSuspected,
  listUndone,
  type PresentedSignature,
  removeRepeated,
} from './engine.ts'
import type { SigningPart, UrlForm } from './mask.ts'
import type { Subject } from './reading.ts'
import { showChecked } from './report.ts'
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
    /** The ids of the causes that this option mends. */
    readonly mended?: readonly CauseId[]
  }
  /** If nothing is proven: at most two causes, of which the request or the options show a trace. */
  readonly suspected: readonly Cause<CauseId>[]
  /** If nothing is proven, and nothing shows the cause: the question that settles it. */
  readonly question?: Question
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
}

/** What is known about a refused request beside the request itself. */
interface Refused {
  readonly rejection: Rejected
  /** The readings of the signature header. */
  readonly presented: readonly PresentedSignature<CauseId>[]
  /** The key verified other requests of this process within the hour. */
  readonly isKeyKnown: boolean
}

/** Draws the conclusion from a search. */
export function drawConclusion(subject: Subject, refused: Refused, { match, tried }: Search): Findings {
  const { rejection, presented } = refused
  if (match === undefined)
    return {
      proven: undefined,
      suspected: listSuspected(causes, { subject, tried, ...refused }, presented[0]?.cause),
    }
  const { found, isBodyOther } = readMatch(subject, match)
  if (isBodyOther)
    return {
      proven: undefined,
      suspected: [...askCauses(causes, (row) => row.explainBody?.(subject)), ...found].slice(0, 2),
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
  const proven = removeRepeated([...kept, ...apart]).map((cause) =>
    subject.keys.isLookedUp
      ? { ...cause, detail: cause.detail.replace(/^The configured Auth Token/, lookedUp) }
      : cause,
  )
  // Twilio signed no URL that another program chose.
  const isOwn = proven.some(({ id }) => causes[id].isStranger)
  return proven.length === 0
    ? { proven: undefined, suspected: [] }
    : { proven: { causes: proven, ...(!isOwn && { signedUrl: match.form.url }) }, suspected: [] }
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
  let bodyChange: ProvenState['bodyChange']
  let isBodyOther = false
  if (hash !== undefined && body !== undefined && hash !== hashBody(body)) {
    bodyChange = findBodyVariant(hash, body, work)
    isBodyOther = bodyChange === undefined
  }
  const changesParams = found.some(({ id }) => causes[id].changesParams === true)
  const addsHash = edits.some(({ dimension }) => dimension === 'hash')
  const proof: ProvenState = { state, bodyChange, changesParams, addsHash }
  const beside = askCauses(causes, (row) => row.accompany?.(subject, proof))
  // A program that signed it in the place of Twilio chose its host and path.
  const isOwn = beside.some(({ id }) => causes[id].isStranger)
  const kept = isOwn ? found.filter(({ id }) => !['origin', 'path'].includes(causes[id].part)) : found
  return { found: removeRepeated(isOwn ? [...beside, ...kept] : [...kept, ...beside]), isBodyOther }
}

/** Asks what settles a refusal of which nothing is known. */
export function askQuestion(subject: Subject, isKeyKnown: boolean, isCut: boolean): Question {
  const { keys, state } = subject
  const [account, ...others] = keys.accounts
  const isShown = isAccountSid(account) && others.length === 0 && readEnvironment('NODE_ENV') !== 'production'
  return {
    checkedUrl: showChecked(joinUrl(state.url)),
    ...(isShown && { account: `${account.slice(0, 4)}…` }),
    commands: writeCommands('diagnose'),
    key: keys.claimedKeyId === undefined ? 'Auth Token' : 'SharedKey',
    ...(isUrlNamed(subject) && { isUrlKnown: true }),
    ...(isKeyKnown && { isKeyKnown: true }),
    ...(isCut && { isCut: true }),
  }
}

/** Writes the commands of a question. */
export function writeCommands(command: string): Question['commands'] {
  return [`npx @tollgate/cli ${command} --other-url 'URL'`, `npx @tollgate/cli ${command} --alert`]
}
