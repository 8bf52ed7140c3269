import { type Algorithm, type AlgorithmName, algorithms, findAlgorithm } from '../schemes/twilio/sign/algorithms.ts'
import type { Pairs } from '../schemes/twilio/sign/form.ts'
import { createSigner, isSignature, type Signer } from '../schemes/twilio/sign/signature.ts'
import {
  isWebSocketScheme,
  joinFirstForm,
  listSignedForms,
  type SignedForm,
  type UrlFormOptions,
} from '../schemes/twilio/sign/signed-url.ts'
import { joinPairs } from '../schemes/twilio/sign/signing-string.ts'
import { listEdits, listReadings, type PresentedSignature, type ProposedEdit } from './causes/index.ts'
import { comparisons, type Dimension, dimensions } from './causes/row.ts'
import type { Key } from './configured-keys.ts'
import { toBase64Length } from './encodings.ts'
import { countCharacters, type Work } from './limits.ts'
import type { State, Subject } from './reading.ts'
import { listConfiguredUrls } from './url-hints.ts'

/** A set of edits under which a signature matches. */
export interface Match {
  readonly state: State
  readonly form: SignedForm
  readonly edits: readonly ProposedEdit[]
  readonly presented: PresentedSignature
}

/** The result of a search. */
export interface Search {
  readonly match: Match | undefined
  /** The number of HMACs. */
  readonly tried: number
}

/** The input of a search. */
interface SearchInput {
  readonly subject: Subject
  readonly presented: readonly PresentedSignature[]
  /** How the verifier spells the URL. */
  readonly forms: UrlFormOptions
  readonly maxTries: number
}

/**
 * Reads the X-Twilio-Signature header.
 * @param values the values of the header
 * @returns the signature, or the signatures that a damaged header may have held
 */
export function readPresented(values: readonly string[]): readonly PresentedSignature[] {
  const [only = ''] = values
  if (values.length !== 1 || !isSignature(only)) return listReadings(values)
  return [{ text: only, compare: 'same' }, ...listReadings(values).filter(({ compare }) => compare === 'folded')]
}

/**
 * The stages of the search: the number of edits, the highest sum of their costs, and the share of
 * `maxTries` that may be used. Smaller sets come first, but several likely edits come before fewer
 * unlikely ones. The corpus of broken set-ups needs none of the last stages, so their share is
 * small.
 */
const stages: readonly (readonly [size: number, highest: number, share: number])[] = [
  [0, 0, 1],
  [1, 4, 1],
  [2, 3, 1],
  [3, 3, 1],
  [2, 4, 1],
  [2, 5, 1 / 4],
  [3, 4, 1 / 4],
  [1, Number.POSITIVE_INFINITY, 1 / 20],
  [2, Number.POSITIVE_INFINITY, 1 / 40],
  [3, Number.POSITIVE_INFINITY, 1 / 40],
]

/**
 * Finds the smallest set of edits under which the signature matches: by the number of edits, then
 * by the sum of their costs.
 * @param input the request, and the limits
 * @returns the match, if there is one, and the number of HMACs
 */
export async function search(input: SearchInput): Promise<Search> {
  const { state, work } = input.subject
  const all = await collectEdits(input.subject)
  if (!hasUsableKey(state, all, work)) return { match: undefined, tried: 0 }
  const joinText = createJoinText(work)
  const edits = await pruneEdits(state, all, work, joinText)
  const attempt = createAttempt(input, joinText)
  const lowest = [0, 1, 2, 3]
  for (const [size, highest, share] of stages) {
    const last = attempt.tried() + share * input.maxTries
    for (const set of listSets(edits, size, lowest[size] ?? size, highest)) {
      if (work.isDue()) await work.pause()
      if (set === undefined) work.spend(skippedAtOnce)
      const match = set && attempt.run(set)
      if (match !== undefined) return { match, tried: attempt.tried() }
      if (attempt.isSpent()) return { match: undefined, tried: attempt.tried() }
      if (attempt.tried() >= last) break
    }
    lowest[size] = highest + 1
  }
  return { match: undefined, tried: attempt.tried() }
}

// The rest of the budget is for the next step. Pruning only saves the search from repeating
// attempts.
const shareOfEdits = 1 / 2
const shareOfPruning = 3 / 8
const shareOfSearch = 3 / 4

// In units of work, see limits.ts.
const unitsPerEdit = 1500
const unitsPerHmac = 500
const unitsPerStep = 100
const unitsPerJoinedPair = 80
/** Each attempt parses and joins the query of a handshake. */
const unitsPerHandshakeCharacter = 8

function* listAllEdits(subject: Subject): Generator<ProposedEdit> {
  yield* listConfiguredUrls(subject)
  yield* listEdits(subject)
}

async function collectEdits(subject: Subject): Promise<readonly ProposedEdit[]> {
  const { work } = subject
  const edits: ProposedEdit[] = []
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
function hasUsableKey(state: State, edits: readonly ProposedEdit[], work: Work): boolean {
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
  edits: readonly ProposedEdit[],
  work: Work,
  joinText: JoinText,
): Promise<readonly ProposedEdit[]> {
  const seen = new Set<string>()
  // These edits decide whether there are parameters to edit.
  const bases = edits.filter(({ dimension }) => dimension === 'source').flatMap((one) => one.apply(state, work) ?? [])
  const prune = (edit: ProposedEdit): ProposedEdit | undefined => {
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
  const kept: ProposedEdit[] = []
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

interface Attempt {
  /** Applies the edits and looks for a signature that matches. */
  run(edits: readonly ProposedEdit[]): Match | undefined
  isSpent(): boolean
  tried(): number
}

/** The dimensions of the edits that bring in a key, or its algorithm. */
const ofKeys: ReadonlySet<Dimension> = new Set(['key', 'token', 'quotes', 'algorithm'])

function createAttempt({ subject, presented, forms, maxTries }: SearchInput, joinText: JoinText): Attempt {
  const { work } = subject
  const signers = new Map<string, Signer>()
  let tried = 0

  const findSigner = ({ algorithm, secret }: Key): Signer => {
    const id = `${algorithm} ${secret}`
    const signer = signers.get(id) ?? createSigner(findAlgorithm(algorithm) as Algorithm, secret)
    signers.set(id, signer)
    return signer
  }
  // To join the parameters costs as much as an HMAC: keys whose signatures have another length are
  // skipped.
  const readings = new Map<AlgorithmName, readonly PresentedSignature[]>(
    algorithms.map(({ name, bytes }) => [name, listPossible(presented, toBase64Length(bytes))]),
  )
  const findReadings = ({ algorithm }: Key): readonly PresentedSignature[] => readings.get(algorithm) ?? []
  const mayMatch = (key: Key): boolean => key.secret !== '' && findReadings(key).length > 0
  const needsKey = !subject.state.keys.some(mayMatch)
  const isSpent = (): boolean => tried >= maxTries || work.isSpent(shareOfSearch)

  function compare(state: State, { signingString }: SignedForm): PresentedSignature | undefined {
    for (const key of state.keys) {
      if (!mayMatch(key)) continue
      tried++
      work.spend(unitsPerHmac + signingString.length)
      const expected = findSigner(key)(signingString)
      const hit = findReadings(key).find(({ compare, text }) => comparisons[compare](expected, text))
      if (hit !== undefined) return hit
    }
    return undefined
  }

  return {
    isSpent,
    tried: () => tried,
    run(edits) {
      // A set that cannot match costs no HMAC, but it costs time.
      work.spend(unitsPerStep)
      if (needsKey && !edits.some(({ dimension }) => ofKeys.has(dimension))) return undefined
      let state: State | undefined = subject.state
      for (const edit of edits) {
        state = edit.apply(state, work)
        if (state === undefined) return undefined
      }
      if (!state.keys.some(mayMatch)) return undefined
      if (isWebSocketScheme(state.url.scheme)) work.spend(unitsPerHandshakeCharacter * state.url.query.length)
      const isLikely = edits.length < 2 && edits.every(({ cost }) => cost <= 2)
      for (const form of listForms(state, joinText(state.pairs), forms, isLikely)) {
        const hit = compare(state, form)
        if (hit !== undefined) return { state, form, edits, presented: hit }
        if (isSpent()) return undefined
      }
      return undefined
    },
  }
}

/** Lists the readings that a signature of this length may have become. */
function listPossible(presented: readonly PresentedSignature[], length: number): readonly PresentedSignature[] {
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

const ranks = new Map(dimensions.map((dimension, index) => [dimension, index]))
const findRank = ({ dimension }: ProposedEdit): number => ranks.get(dimension) ?? 0

/**
 * After this many sets whose edits exclude each other, the caller counts the work and may pause.
 */
const skippedAtOnce = 1000

/**
 * Lists all sets of so many edits of different dimensions, by the sum of their costs, each in the
 * order of application. `undefined` stands for 1,000 sets that were skipped.
 */
function* listSets(
  edits: readonly ProposedEdit[],
  size: number,
  from: number,
  to: number,
): Generator<readonly ProposedEdit[] | undefined> {
  if (size === 0) {
    yield []
    return
  }
  const byCost: ProposedEdit[][] = []
  for (const edit of edits) {
    const group = byCost[edit.cost] ?? []
    group.push(edit)
    byCost[edit.cost] = group
  }
  const highest = byCost.length - 1
  for (let sum = from; sum <= Math.min(to, highest * size); sum++)
    for (const costs of listPartitions(sum, size, highest)) yield* listCombinations(costs, byCost)
}

/** Lists the ways to write a sum as so many ascending costs. */
function* listPartitions(sum: number, size: number, highest: number, lowest = 1): Generator<number[]> {
  if (size === 1) {
    if (sum >= lowest && sum <= highest) yield [sum]
    return
  }
  for (let first = lowest; first * size <= sum && first <= highest; first++)
    for (const rest of listPartitions(sum - first, size - 1, highest, first)) yield [first, ...rest]
}

function* listCombinations(
  costs: readonly number[],
  byCost: readonly (readonly ProposedEdit[] | undefined)[],
): Generator<ProposedEdit[] | undefined> {
  let skipped = 0
  const [first = 0, second, third] = costs
  for (const [i, one] of (byCost[first] ?? []).entries()) {
    if (second === undefined) {
      yield [one]
      continue
    }
    const seconds = byCost[second] ?? []
    for (let j = second === first ? i + 1 : 0; j < seconds.length; j++) {
      const two = seconds[j] as ProposedEdit
      if (two.dimension === one.dimension) {
        if (++skipped % skippedAtOnce === 0) yield undefined
        continue
      }
      if (third === undefined) {
        yield sortInOrder([one, two])
        continue
      }
      const thirds = byCost[third] ?? []
      for (let k = third === second ? j + 1 : 0; k < thirds.length; k++) {
        const three = thirds[k] as ProposedEdit
        if (three.dimension !== one.dimension && three.dimension !== two.dimension) yield sortInOrder([one, two, three])
        else if (++skipped % skippedAtOnce === 0) yield undefined
      }
    }
  }
}

/** Sorts two or three edits by insertion, which is fast for some thousand sets. */
function sortInOrder(edits: ProposedEdit[]): ProposedEdit[] {
  for (let end = 1; end < edits.length; end++)
    for (let index = end; index > 0; index--) {
      const [before, after] = [edits[index - 1] as ProposedEdit, edits[index] as ProposedEdit]
      if (findRank(before) <= findRank(after)) break
      edits[index - 1] = after
      edits[index] = before
    }
  return edits
}
