import type { AlgorithmName } from '../scheme/algorithms.ts'
import type { Pairs } from '../scheme/form.ts'
import type { UrlParts } from '../scheme/signed-url.ts'
import type { CauseId } from './types.ts'
import type { Work } from './work.ts'

/** A secret that may have signed. */
export interface Key {
  readonly secret: string
  readonly algorithm: AlgorithmName
  readonly kind: 'auth_token' | 'shared_key'
}

/** One reading of the request: what is signed with which key, if it is so. */
export interface State {
  readonly url: UrlParts
  /** With its `#`, or empty. */
  readonly fragment: string
  readonly pairs: Pairs
  /** What the signature has to cover; a body by the `bodySHA256` of the URL. */
  readonly covers: 'params' | 'body' | 'url'
  /** Keys that a server with this configuration would try. */
  readonly keys: readonly Key[]
}

/**
 * The order in which edits are applied, and what excludes one another: two edits of one dimension never go together. What lies
 * behind what: a prefix is put back before the whole path is encoded, a lost blank comes back before it is trimmed.
 */
export const dimensions = [
  'fragment',
  'userinfo',
  'scheme',
  'host',
  'port',
  'prefix',
  'path',
  'slash',
  'fields',
  'order',
  'encoding',
  'source',
  'hash',
  'counted',
  'repeats',
  'trim',
  'plus',
  'null',
  'blank',
  'lost',
  'extra',
  'key',
  'token',
  'quotes',
  'algorithm',
] as const

export type Dimension = (typeof dimensions)[number]

/** One way to undo one cause. */
export interface Edit {
  readonly cause: CauseId
  /** What goes with it, where one step undoes two. */
  readonly also?: readonly { readonly id: CauseId; readonly detail: string }[]
  readonly dimension: Dimension
  /** 1 is the likeliest. Sets are tried by the sum. */
  readonly cost: number
  /** `undefined` where it changes nothing. Counts what it does. */
  readonly apply: (state: State, work: Work) => State | undefined
  /** For the user: what was seen. */
  readonly detail: string
}

/** How many results of one edit are kept: the same input comes back with other edits. */
const mostKept = 4

/** The same input gives the same result: it is made once, and counted once. */
function remember<T>(make: (input: T, work: Work) => T | undefined): typeof make {
  const made = new Map<T, { readonly result: T | undefined }>()
  return (input, work) => {
    let known = made.get(input)
    if (known === undefined) {
      known = { result: make(input, work) }
      if (made.size < mostKept) made.set(input, known)
    }
    return known.result
  }
}

// Measured in characters that are read once: what an edit does to each of them, and to each pair.
const unitsPerEditedCharacter = 4
const unitsPerEditedPair = 50

export function countCharacters(pairs: Pairs): number {
  let count = 0
  for (const [name, value] of pairs) count += name.length + value.length
  return count
}

/** An edit of the parameters. */
export function editPairs(change: (pairs: Pairs) => Pairs | undefined): Edit['apply'] {
  const edit = remember((pairs: Pairs, work) => {
    work.spend(unitsPerEditedCharacter * countCharacters(pairs) + unitsPerEditedPair * pairs.length)
    return change(pairs)
  })
  return (state, work) => {
    const pairs = edit(state.pairs, work)
    return pairs === undefined ? undefined : { ...state, pairs }
  }
}

/** An edit of one part of the URL; `undefined` and an unchanged text leave nothing to try. */
export function editUrl<K extends 'scheme' | 'host' | 'port' | 'path' | 'query' | 'userinfo'>(
  part: K,
  change: (text: string) => string | undefined,
): Edit['apply'] {
  const edit = remember((text: string, work) => {
    work.spend(unitsPerEditedCharacter * text.length)
    return change(text)
  })
  return (state, work) => {
    const text = edit(state.url[part], work)
    return text === undefined || text === state.url[part]
      ? undefined
      : { ...state, url: { ...state.url, [part]: text } }
  }
}
