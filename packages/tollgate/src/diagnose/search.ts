import { findBodyHash, hashBody } from '../scheme/body-hash.ts'
import { createSigner, type Signer } from '../scheme/signature.ts'
import { isWebSocketScheme, joinUrl, listSignedForms, type SignedForm } from '../scheme/signed-url.ts'
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

/**
 * How many edits together, and the highest sum of their costs: smaller sets first, but three likely causes before two that hardly
 * ever go together.
 */
const stages: readonly (readonly [size: number, highest: number])[] = [
  [0, 0],
  [1, Number.POSITIVE_INFINITY],
  [2, 3],
  [3, 3],
  [2, 4],
  [2, 5],
  [3, 4],
  [2, Number.POSITIVE_INFINITY],
  [3, Number.POSITIVE_INFINITY],
]

/** Finds the smallest set of edits, by size and then by cost, under which the signature matches. */
export function search(input: SearchInput): Search {
  if (!hasUsableKey(input)) return { found: undefined, tried: 0 }
  const attempt = createAttempt(input)
  const edits = prune(input)
  const lowest = [0, 1, 2, 3]
  for (const [size, highest] of stages) {
    for (const set of listSets(edits, size, lowest[size] ?? size, highest)) {
      const found = attempt.run(set, size)
      if (found !== undefined) return { found, tried: attempt.tried() }
      if (attempt.isSpent()) return { found: undefined, tried: attempt.tried() }
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
  const signers = new Map<string, Signer>()
  const texts = new Map<Pairs, string>()
  let tried = 0
  let characters = 0

  const signerOf = ({ algorithm, secret }: Key): Signer => {
    const name = `${algorithm} ${secret}`
    const known = signers.get(name)
    if (known !== undefined) return known
    const made = createSigner(algorithm, secret)
    signers.set(name, made)
    return made
  }
  const textOf = (pairs: Pairs): string => {
    const known = texts.get(pairs)
    if (known !== undefined) return known
    const text = joinPairs(pairs)
    texts.set(pairs, text)
    return text
  }
  const needsKey = !mayAnyMatch(presented, input.state.keys)
  let steps = 0
  // Sets whose edits do not go together cost no HMAC, and time all the same.
  const isSpent = (): boolean =>
    tried >= maxTries || characters >= charactersPerTry * Math.max(maxTries, 20_000) || steps >= 4 * maxTries

  function match(state: State, form: SignedForm): Presented | undefined {
    const text = form.signingString
    for (const key of state.keys) {
      const likely = presented.filter((one) => mayMatch(one, key))
      if (likely.length === 0 || key.secret === '') continue
      tried++
      characters += text.length
      const expected = signerOf(key)(text)
      const hit = likely.find((one) => matchesPresented(expected, one))
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
      if (!mayAnyMatch(presented, state.keys)) return undefined
      for (const form of listForms(state, textOf(state.pairs), input, size)) {
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

/** Joining the parameters costs as much as an HMAC: not for keys whose signatures have another length. */
function mayAnyMatch(presented: readonly Presented[], keys: readonly Key[]): boolean {
  return keys.some((key) => presented.some((one) => mayMatch(one, key)))
}

function mayMatch({ compare, text }: Presented, { algorithm }: Key): boolean {
  const length = algorithm === 'HMAC_SHA1' ? 28 : 44
  return compare === 'same' || compare === 'folded' ? text.length === length : text.length < length
}

/** The spellings that the verifier tries by itself; of sets of edits only the likeliest, for each is one more HMAC. */
function* listForms(state: State, paramsText: string, input: SearchInput, size: number): Generator<SignedForm> {
  const { url, fragment } = state
  if (url.userinfo !== '' || fragment !== '') {
    const given = `${url.scheme}://${url.userinfo}${url.host}${url.port}${url.path}${url.query}`
    // A fragment stands between the URL and the parameters.
    yield { url: given + fragment, signingString: given + fragment + paramsText }
    return
  }
  const options = { eitherSlash: input.eitherSlash, respaced: input.respaced }
  if (size < 2 || isWebSocketScheme(url.scheme)) {
    yield* listSignedForms(url, paramsText, options)
    return
  }
  const given = joinUrl(url)
  yield { url: given, signingString: given + paramsText }
  for (const part of [
    ...(url.port === '' ? [] : [{ ...url, port: '' }]),
    ...(url.path === '/' ? [{ ...url, path: '' }] : []),
    ...(url.path === '/' && url.port !== '' ? [{ ...url, path: '', port: '' }] : []),
  ]) {
    const other = joinUrl(part)
    yield { url: other, signingString: other + paramsText }
  }
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
