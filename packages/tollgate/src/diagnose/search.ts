import { findBodyHash, hashBody } from '../scheme/body-hash.ts'
import { createSigner, type Signer } from '../scheme/signature.ts'
import { isWebSocketScheme, joinFirstForm, listSignedForms, type SignedForm } from '../scheme/signed-url.ts'
import { joinPairs, type Pairs } from '../scheme/signing-string.ts'
import { listBodyVariants } from './body-variants.ts'
import { listSets } from './edit-sets.ts'
import { hasUsableKey, prune } from './prune.ts'
import { matchesPresented, type Presented } from './signature-header.ts'
import type { Edit, Key, State } from './state.ts'
import type { CauseId } from './types.ts'

export interface FoundCause {
  readonly id: CauseId
  readonly detail: string
}

export interface Found {
  readonly causes: readonly FoundCause[]
  readonly state: State
  readonly form: SignedForm
  /** The signature proves the URL, and the body is not the one that its `bodySHA256` binds. */
  readonly bodyDiffers: boolean
}

export interface Search {
  readonly found: Found | undefined
  readonly tried: number
}

export interface SearchInput {
  readonly state: State
  readonly edits: readonly Edit[]
  readonly presented: readonly Presented[]
  readonly eitherSlash: boolean
  readonly respaced: boolean
  readonly body: Uint8Array | undefined
  readonly maxTries: number
}

/** What an HMAC may cost, on average: hashing large requests so often would take longer than anybody waits for a diagnosis. */
const charactersPerTry = 400

/** Joined parameters that are kept: those of single edits, which come back with others. */
const mostTexts = 2000

/**
 * How many edits together, the highest sum of their costs, and which part of the tries they may take: smaller sets first, but
 * several likely causes before fewer that hardly ever come up. Those get little: nothing in the corpus needs one.
 */
const stages: readonly (readonly [size: number, highest: number, share: number])[] = [
  [0, 0, 1],
  [1, 4, 1],
  [2, 3, 1],
  [3, 3, 1],
  [2, 4, 1],
  [2, 5, 1 / 4],
  [3, 4, 1 / 4],
  [1, Number.POSITIVE_INFINITY, 1 / 40],
  [2, Number.POSITIVE_INFINITY, 1 / 40],
  [3, Number.POSITIVE_INFINITY, 1 / 40],
]

/** Finds the smallest set of edits, by size and then by cost, under which the signature matches. */
export function search(input: SearchInput): Search {
  if (!hasUsableKey(input)) return { found: undefined, tried: 0 }
  const attempt = createAttempt(input)
  const edits = prune(input)
  const lowest = [0, 1, 2, 3]
  for (const [size, highest, share] of stages) {
    const last = attempt.tried() + share * input.maxTries
    for (const set of listSets(edits, size, lowest[size] ?? size, highest)) {
      const found = attempt.run(set, size)
      if (found !== undefined) return { found, tried: attempt.tried() }
      if (attempt.isSpent()) return { found: undefined, tried: attempt.tried() }
      if (attempt.tried() >= last) break
    }
    lowest[size] = highest + 1
  }
  return { found: undefined, tried: attempt.tried() }
}

interface Attempt {
  run(edits: readonly Edit[], size: number): Found | undefined
  isSpent(): boolean
  tried(): number
}

function createAttempt(input: SearchInput): Attempt {
  const { presented, body, maxTries } = input
  const signers = { HMAC_SHA1: new Map<string, Signer>(), HMAC_SHA256: new Map<string, Signer>() }
  const texts = new Map<Pairs, string>()
  let tried = 0
  let characters = 0

  const signerOf = ({ algorithm, secret }: Key): Signer => {
    const known = signers[algorithm].get(secret)
    if (known !== undefined) return known
    const made = createSigner(algorithm, secret)
    signers[algorithm].set(secret, made)
    return made
  }
  const textOf = (pairs: Pairs): string => {
    const known = texts.get(pairs)
    if (known !== undefined) return known
    const text = joinPairs(pairs)
    if (texts.size < mostTexts) texts.set(pairs, text)
    return text
  }
  // Joining the parameters costs as much as an HMAC: not for keys whose signatures have another length.
  const likely = { HMAC_SHA1: listLikely(presented, 28), HMAC_SHA256: listLikely(presented, 44) }
  const mayMatch = ({ algorithm, secret }: Key): boolean => secret !== '' && likely[algorithm].length > 0
  const needsKey = !input.state.keys.some(mayMatch)
  let steps = 0
  // Sets whose edits do not go together cost no HMAC, and time all the same.
  const isSpent = (): boolean =>
    tried >= maxTries || characters >= charactersPerTry * Math.max(maxTries, 20_000) || steps >= 4 * maxTries

  function match(state: State, form: SignedForm): Presented | undefined {
    const text = form.signingString
    for (const key of state.keys) {
      if (!mayMatch(key)) continue
      tried++
      characters += text.length
      const expected = signerOf(key)(text)
      const hit = likely[key.algorithm].find((one) => matchesPresented(expected, one))
      if (hit !== undefined) return hit
    }
    return undefined
  }

  return {
    isSpent,
    tried: () => tried,
    run(edits, size) {
      steps++
      if (needsKey && !edits.some(({ dimension }) => ofKeys.has(dimension))) return undefined
      let state: State | undefined = input.state
      for (const edit of edits) {
        state = edit.apply(state)
        if (state === undefined) return undefined
      }
      if (!state.keys.some(mayMatch)) return undefined
      const isLikely = edits.every(({ cost }) => size === 1 && cost <= 2)
      for (const form of listForms(state, textOf(state.pairs), input, isLikely)) {
        const hit = match(state, form)
        if (hit !== undefined) return conclude(state, form, edits, hit, body)
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
function listForms(state: State, paramsText: string, input: SearchInput, isLikely: boolean): Iterable<SignedForm> {
  const { url, fragment } = state
  if (url.userinfo !== '' || fragment !== '') {
    const given = `${url.scheme}://${url.userinfo}${url.host}${url.port}${url.path}${url.query}`
    // A fragment stands between the URL and the parameters.
    return [{ url: given + fragment, signingString: given + fragment + paramsText }]
  }
  if (isLikely || isWebSocketScheme(url.scheme))
    return listSignedForms(url, paramsText, { eitherSlash: input.eitherSlash, respaced: input.respaced })
  const spellings = [url]
  if (url.port !== '') spellings.push({ ...url, port: '' })
  if (url.path === '/') spellings.push(...spellings.map((one) => ({ ...one, path: '' })))
  return spellings.map((one) => joinFirstForm(one, paramsText))
}

function conclude(
  state: State,
  form: SignedForm,
  edits: readonly Edit[],
  hit: Presented,
  body: Uint8Array | undefined,
): Found {
  const causes: FoundCause[] = edits.flatMap(({ cause, detail, also }) => [{ id: cause, detail }, ...(also ?? [])])
  if (hit.cause !== undefined) causes.push(hit.cause)
  let bodyDiffers = false
  if (state.covers === 'body' && body !== undefined) {
    const hash = findBodyHash(state.url.query)
    if (hash === undefined)
      causes.push({
        id: 'body_hash_missing',
        detail: 'The signature matches, but the URL has no bodySHA256: nothing binds this body to it.',
      })
    else if (hash !== hashBody(body)) {
      const variant = [...listBodyVariants(body)].find((one) => one.hash === hash)
      causes.push(...(variant?.causes ?? []))
      bodyDiffers = variant === undefined
    }
  }
  return { causes: distinct(causes), state, form, bodyDiffers }
}

function distinct(causes: readonly FoundCause[]): FoundCause[] {
  return causes.filter((cause, index) => causes.findIndex((one) => one.id === cause.id) === index)
}
