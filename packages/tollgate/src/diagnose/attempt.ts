import type { Pairs } from '../form.ts'
import { type Algorithm, type AlgorithmName, algorithms, findAlgorithm } from '../hmac/algorithms.ts'
import { createSigner, isSignature, type Signer } from '../schemes/twilio/sign/signature.ts'
import {
  joinFirstForm,
  listSignedForms,
  type SignedForm,
  type UrlFormOptions,
} from '../schemes/twilio/sign/signed-url.ts'
import { joinPairs } from '../schemes/twilio/sign/signing-string.ts'
import { isWebSocketScheme } from '../url.ts'
import { type CauseId, causes } from './causes/index.ts'
import { comparisons, type Dimension } from './causes/row.ts'
import { findRenamed } from './causes/signature.ts'
import type { Key } from './configured-keys.ts'
import { toBase64Length } from './encodings.ts'
import { listEdits, listReadings, type PresentedSignature, type ProposedEdit } from './engine.ts'
import { countCharacters, type Work } from './limits.ts'
import type { State, Subject } from './reading.ts'
import { type SetTrial, searchSets } from './search.ts'
import { listWholeUrls } from './url-hints.ts'

/** A set of edits under which a signature matches. */
export interface Match {
  readonly state: State
  readonly form: SignedForm
  readonly edits: readonly ProposedEdit<CauseId, State>[]
  readonly presented: PresentedSignature<CauseId>
}

/** The result of a search. */
export interface Search {
  readonly match: Match | undefined
  /** The number of HMACs. */
  readonly tried: number
  /** True if the search ended at its limit, before all likely sets of edits were tried. */
  readonly isCut: boolean
}

/** The input of a search. */
interface SearchInput {
  readonly subject: Subject
  readonly presented: readonly PresentedSignature<CauseId>[]
  /** How the verifier spells the URL. */
  readonly forms: UrlFormOptions
  /** The most HMACs with one key: a second token must not cost a proof. */
  readonly maxTries: number
}

/** Reads the X-Twilio-Signature header. */
function readPresented(values: readonly string[]): readonly PresentedSignature<CauseId>[] {
  const [only = ''] = values
  if (values.length !== 1 || !isSignature(only)) return listReadings(causes, values)
  return [
    { text: only, compare: 'same' },
    ...listReadings(causes, values).filter(({ compare }) => compare === 'folded'),
  ]
}

/** Reads the signature of a request: of X-Twilio-Signature, or of a header with another name. */
export function readSignatures(subject: Subject): readonly PresentedSignature<CauseId>[] {
  const renamed = subject.signatures.length > 0 ? undefined : findRenamed(subject)
  if (renamed === undefined) return readPresented(subject.signatures)
  return readPresented([renamed.value]).map((one) => ({ ...one, cause: renamed.cause }))
}

/**
 * Finds the smallest set of edits under which the signature matches: by the number of edits, then
 * by the sum of their costs.
 */
export async function search(input: SearchInput): Promise<Search> {
  const { state, work } = input.subject
  const all = await collectEdits(input.subject)
  if (!hasUsableKey(state, all, work)) return { match: undefined, tried: 0, isCut: false }
  const joinText = createJoinText(work)
  const edits = await pruneEdits(state, all, work, joinText)
  const attempt = createAttempt(input, joinText)
  const { match, isCut } = await searchSets(edits, attempt, input.maxTries, work)
  return { match, tried: attempt.computed(), isCut }
}

// The rest of the budget is for the next step. Pruning only saves the search from repeating
// attempts.
const shareOfEdits = 1 / 2
const shareOfPruning = 3 / 8
/** The share of the budget at which the search ends. */
const shareOfSearch: number = 3 / 4

// In units of work, see limits.ts.
const unitsPerEdit = 1500
const unitsPerHmac = 500
const unitsPerStep = 100
const unitsPerJoinedPair = 80
/** Each attempt parses and joins the query of a handshake. */
const unitsPerHandshakeCharacter = 8

function* listAllEdits(subject: Subject): Generator<ProposedEdit<CauseId, State>> {
  yield* listWholeUrls(subject)
  yield* listEdits(causes, subject)
}

async function collectEdits(subject: Subject): Promise<readonly ProposedEdit<CauseId, State>[]> {
  const { work } = subject
  const edits: ProposedEdit<CauseId, State>[] = []
  for (const edit of listAllEdits(subject)) {
    work.spend(unitsPerEdit)
    if (work.isSpent(shareOfEdits)) break
    if (work.isDue()) await work.pause()
    edits.push(edit)
  }
  return edits
}

/**
 * Checks for a key that can be a token: no request is signed with an AccountSid or the SID of an
 * API key.
 */
function hasUsableKey(state: State, edits: readonly ProposedEdit<CauseId, State>[], work: Work): boolean {
  const states = [state, ...edits.filter(({ dimension }) => dimension === 'key').map((edit) => edit.apply(state, work))]
  return states.some((one) => one?.keys.some(({ secret }) => !/^\W*((SK|AC)[0-9a-f]{32})?\W*$/i.test(secret)))
}

/**
 * An edit that changes nothing by itself may change something after another edit, but rarely does.
 */
const costOfIdleEdit = 2

/** Removes edits that have the same result as a more likely one. */
async function pruneEdits(
  state: State,
  edits: readonly ProposedEdit<CauseId, State>[],
  work: Work,
  joinText: JoinText,
): Promise<readonly ProposedEdit<CauseId, State>[]> {
  const seen = new Set<string>()
  // These edits decide whether there are parameters to edit.
  const bases = edits.filter(({ dimension }) => dimension === 'source').flatMap((one) => one.apply(state, work) ?? [])
  const prune = (edit: ProposedEdit<CauseId, State>): ProposedEdit<CauseId, State> | undefined => {
    const edited = edit.apply(state, work)
    if (edited === undefined) {
      if (bases.slice(0, 4).some((base) => edit.apply(base, work) !== undefined)) return edit
      return edit.dimension === 'key' ? undefined : { ...edit, cost: edit.cost + costOfIdleEdit }
    }
    const { url, pairs, keys, covers, fragment } = edited
    if (pairs.length > 200 || keys !== state.keys || covers !== state.covers) return edit
    const { scheme, userinfo, host, port, path, query } = url
    const parts = JSON.stringify([edit.dimension, scheme, userinfo, host, port, path, query, fragment])
    const key = pairs === state.pairs ? parts : parts + joinText(pairs)
    work.spend(key.length)
    if (seen.has(key)) return undefined
    seen.add(key)
    return edit
  }
  const kept: ProposedEdit<CauseId, State>[] = []
  for (const edit of [...edits].sort((one, other) => one.cost - other.cost)) {
    if (work.isDue()) await work.pause()
    const pruned = work.isSpent(shareOfPruning) ? edit : prune(edit)
    if (pruned !== undefined) kept.push(pruned)
  }
  return kept
}

/** Joins parameters, and remembers the texts: single edits come back in many sets. */
type JoinText = (pairs: Pairs) => string

const mostTexts = 2000
const mostCharactersKept = 4_000_000

function createJoinText(work: Work): JoinText {
  const texts = new Map<Pairs, string>()
  let kept = 0
  return (pairs) => {
    const known = texts.get(pairs)
    if (known !== undefined) return known
    work.spend(countCharacters(pairs) + unitsPerJoinedPair * pairs.length)
    const text = joinPairs(pairs)
    if (texts.size < mostTexts && kept + text.length <= mostCharactersKept) {
      texts.set(pairs, text)
      kept += text.length
    }
    return text
  }
}

/** The dimensions of the edits that bring in a key, or its algorithm. */
const ofKeys: ReadonlySet<Dimension> = new Set(['key', 'token', 'quotes', 'algorithm'])

/** A key with which the signature may match, and the readings of the header that it may match. */
interface KeyTry {
  readonly sign: Signer
  readonly readings: readonly PresentedSignature<CauseId>[]
}

function createAttempt(
  { subject, presented, forms, maxTries }: SearchInput,
  joinText: JoinText,
): SetTrial<ProposedEdit<CauseId, State>, Match> & { computed(): number } {
  const { work } = subject
  const signers = new Map<string, Signer>()
  let computed = 0

  const findSigner = ({ algorithm, secret }: Key) => {
    const id = `${algorithm} ${secret}`
    const signer = signers.get(id) ?? createSigner(findAlgorithm(algorithm) as Algorithm, secret)
    signers.set(id, signer)
    return signer
  }
  // To join the parameters costs as much as an HMAC: keys whose signatures have another length are
  // skipped.
  const readings = new Map<AlgorithmName, readonly PresentedSignature<CauseId>[]>(
    algorithms.map(({ name, bytes }) => [name, listPossible(presented, toBase64Length(bytes))]),
  )
  const tries = new WeakMap<readonly Key[], readonly KeyTry[]>()
  const listTries = (keys: readonly Key[]): readonly KeyTry[] => {
    const known = tries.get(keys)
    if (known !== undefined) return known
    const found = keys.flatMap((key) => {
      const possible = key.secret === '' ? [] : (readings.get(key.algorithm) ?? [])
      return possible.length === 0 ? [] : [{ sign: findSigner(key), readings: possible }]
    })
    tries.set(keys, found)
    return found
  }
  const given = listTries(subject.state.keys)
  // The limit is for each key that the user gave. A key that an edit makes adds nothing to it.
  const keyCount = Math.max(1, given.length)
  const countTries = (): number => Math.ceil(computed / keyCount)
  const isSpent = (): boolean => countTries() >= maxTries || work.isSpent(shareOfSearch)

  function compare(keys: readonly KeyTry[], { signingString }: SignedForm): PresentedSignature<CauseId> | undefined {
    // The limits hold for each key, and the user chooses the number of keys.
    work.spend(unitsPerHmac + signingString.length)
    for (const { sign, readings } of keys) {
      computed++
      const expected = sign(signingString)
      for (const reading of readings) if (comparisons[reading.compare](expected, reading.text)) return reading
    }
    return undefined
  }

  // Each edit comes first in many sets.
  const firsts = new Map<ProposedEdit<CauseId, State>, State | undefined>()
  const applyFirst = (edit: ProposedEdit<CauseId, State>): State | undefined => {
    if (!firsts.has(edit)) firsts.set(edit, edit.apply(subject.state, work))
    return firsts.get(edit)
  }

  return {
    isSpent,
    tried: countTries,
    computed: () => computed,
    run(edits) {
      // A set that cannot match costs no HMAC, but it costs time.
      work.spend(unitsPerStep)
      if (given.length === 0 && !edits.some(({ dimension }) => ofKeys.has(dimension))) return undefined
      let state: State | undefined = subject.state
      for (const edit of edits) {
        state = state === subject.state ? applyFirst(edit) : edit.apply(state, work)
        if (state === undefined) return undefined
      }
      const keys = state.keys === subject.state.keys ? given : listTries(state.keys)
      if (keys.length === 0) return undefined
      if (isWebSocketScheme(state.url.scheme)) work.spend(unitsPerHandshakeCharacter * state.url.query.length)
      const isLikely = edits.length < 2 && edits.every(({ cost }) => cost <= 2)
      for (const form of listForms(state, joinText(state.pairs), forms, isLikely)) {
        const hit = compare(keys, form)
        if (hit !== undefined) return { state, form, edits, presented: hit }
        if (isSpent()) return undefined
      }
      return undefined
    },
  }
}

/** Lists the readings that a signature of this length may have become. */
function listPossible(
  presented: readonly PresentedSignature<CauseId>[],
  length: number,
): readonly PresentedSignature<CauseId>[] {
  return presented.filter(({ compare, text }) =>
    compare === 'same' || compare === 'folded' ? text.length === length : text.length < length,
  )
}

/**
 * Lists the verifier's spellings of the URL. Several or unlikely edits get only the first: each
 * costs an HMAC.
 */
function listForms(state: State, paramsText: string, forms: UrlFormOptions, isLikely: boolean): Iterable<SignedForm> {
  const { url, fragment } = state
  if (url.userinfo !== '' || fragment !== '') {
    const given = `${url.scheme}://${url.userinfo}${url.host}${url.port}${url.path}${url.query}${fragment}`
    return [{ url: given, signingString: given + paramsText }]
  }
  if (isLikely || isWebSocketScheme(url.scheme)) return listSignedForms(url, paramsText, forms)
  const spellings = [url]
  if (url.port !== '') spellings.push({ ...url, port: '' })
  if (url.path === '/') spellings.push(...spellings.map((one) => ({ ...one, path: '' })))
  return spellings.map((one) => joinFirstForm(one, paramsText))
}
