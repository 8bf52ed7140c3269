import type { Pairs } from '../scheme/form.ts'
import { createSigner, type Signer } from '../scheme/signature.ts'
import {
  isWebSocketScheme,
  joinFirstForm,
  listSignedForms,
  type Respelled,
  type SignedForm,
} from '../scheme/signed-url.ts'
import { joinPairs } from '../scheme/signing-string.ts'
import { conclude, type Found } from './conclude.ts'
import { matchesPresented, type Presented } from './signature-header.ts'
import { countCharacters, type Edit, type Key, type State } from './state.ts'
import type { Work } from './work.ts'

/** What stays the same from attempt to attempt. */
export interface AttemptInput {
  readonly state: State
  readonly presented: readonly Presented[]
  readonly eitherSlash: boolean
  readonly respelled: Respelled | undefined
  readonly body: Uint8Array | undefined
  readonly maxTries: number
  readonly work: Work
}

/** Joined parameters that are kept: those of single edits, which come back with others. */
const mostTexts = 2000
const mostCharactersKept = 4_000_000

// Measured in characters that are read once.
const unitsPerHmac = 500
const unitsPerStep = 100
const unitsPerJoinedPair = 80
/** A handshake's query is parsed and joined, in each attempt. */
const unitsPerHandshakeCharacter = 8

/** What the search leaves of the budget is for explaining its result. */
const shareOfSearch = 3 / 4

/** Joins parameters; those that come back are joined once. */
export type JoinText = (pairs: Pairs) => string

export function createJoinText(work: Work): JoinText {
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

/** Counts what the attempts cost. */
export interface Attempt {
  /** Applies the edits, and looks for a signature that matches. */
  run(edits: readonly Edit[]): Found | undefined
  isSpent(): boolean
  tried(): number
}

export function createAttempt(input: AttemptInput, joinText: JoinText): Attempt {
  const { presented, body, maxTries, work } = input
  const signers = { HMAC_SHA1: new Map<string, Signer>(), HMAC_SHA256: new Map<string, Signer>() }
  let tried = 0

  const signerOf = ({ algorithm, secret }: Key): Signer => {
    const known = signers[algorithm].get(secret)
    if (known !== undefined) return known
    const made = createSigner(algorithm, secret)
    signers[algorithm].set(secret, made)
    return made
  }
  // Joining the parameters costs as much as an HMAC: not for keys whose signatures have another length.
  const likely = { HMAC_SHA1: listLikely(presented, 28), HMAC_SHA256: listLikely(presented, 44) }
  const mayMatch = ({ algorithm, secret }: Key): boolean => secret !== '' && likely[algorithm].length > 0
  const needsKey = !input.state.keys.some(mayMatch)
  const isSpent = (): boolean => tried >= maxTries || work.isSpent(shareOfSearch)

  function match(state: State, form: SignedForm): Presented | undefined {
    const text = form.signingString
    for (const key of state.keys) {
      if (!mayMatch(key)) continue
      tried++
      work.spend(unitsPerHmac + text.length)
      const expected = signerOf(key)(text)
      const hit = likely[key.algorithm].find((one) => matchesPresented(expected, one))
      if (hit !== undefined) return hit
    }
    return undefined
  }

  return {
    isSpent,
    tried: () => tried,
    run(edits) {
      // Sets whose edits do not go together cost no HMAC, and time all the same.
      work.spend(unitsPerStep)
      if (needsKey && !edits.some(({ dimension }) => ofKeys.has(dimension))) return undefined
      let state: State | undefined = input.state
      for (const edit of edits) {
        state = edit.apply(state, work)
        if (state === undefined) return undefined
      }
      if (!state.keys.some(mayMatch)) return undefined
      if (isWebSocketScheme(state.url.scheme)) work.spend(unitsPerHandshakeCharacter * state.url.query.length)
      const isLikely = edits.length < 2 && edits.every(({ cost }) => cost <= 2)
      for (const form of listForms(state, joinText(state.pairs), input, isLikely)) {
        const hit = match(state, form)
        if (hit !== undefined) return conclude(state, form, edits, hit, { body, work })
        if (isSpent()) return undefined
      }
      return undefined
    },
  }
}

/** The edits that bring in a key, or its algorithm. */
const ofKeys: ReadonlySet<Edit['dimension']> = new Set(['key', 'token', 'quotes', 'algorithm'])

/** What a signature of so many characters may have become. */
function listLikely(presented: readonly Presented[], length: number): readonly Presented[] {
  return presented.filter(({ compare, text }) =>
    compare === 'same' || compare === 'folded' ? text.length === length : text.length < length,
  )
}

/** The spellings that the verifier tries by itself; with edits that are several, or unlikely, the first: each is one more HMAC. */
function listForms(state: State, paramsText: string, input: AttemptInput, isLikely: boolean): Iterable<SignedForm> {
  const { url, fragment } = state
  if (url.userinfo !== '' || fragment !== '') {
    const given = `${url.scheme}://${url.userinfo}${url.host}${url.port}${url.path}${url.query}`
    // A fragment stands between the URL and the parameters.
    return [{ url: given + fragment, signingString: given + fragment + paramsText }]
  }
  if (isLikely || isWebSocketScheme(url.scheme))
    return listSignedForms(url, paramsText, { eitherSlash: input.eitherSlash, respelled: input.respelled })
  const spellings = [url]
  if (url.port !== '') spellings.push({ ...url, port: '' })
  if (url.path === '/') spellings.push(...spellings.map((one) => ({ ...one, path: '' })))
  return spellings.map((one) => joinFirstForm(one, paramsText))
}
