import type { AlgorithmName } from '../scheme/algorithms.ts'
import type { UrlParts } from '../scheme/signed-url.ts'
import type { Pairs } from '../scheme/signing-string.ts'
import type { CauseId } from './types.ts'

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
  /** `undefined` where it changes nothing. */
  readonly apply: (state: State) => State | undefined
  /** For the user: what was seen. */
  readonly detail: string
}

/** Pairs of edits come by once each: what they make is not worth keeping, and thousands of it would be. */
const mostKept = 4

/** What the search is to do with an edit of the parameters: the same pairs give the same result, so that it is made once. */
export function editPairs(change: (pairs: Pairs) => Pairs | undefined): Edit['apply'] {
  const made = new Map<Pairs, { readonly pairs: Pairs | undefined }>()
  return (state) => {
    let known = made.get(state.pairs)
    if (known === undefined) {
      known = { pairs: change(state.pairs) }
      if (made.size < mostKept) made.set(state.pairs, known)
    }
    return known.pairs === undefined ? undefined : { ...state, pairs: known.pairs }
  }
}

/** An edit of one part of the URL; `undefined` and an unchanged text leave nothing to try. */
export function editUrl<K extends 'scheme' | 'host' | 'port' | 'path' | 'query' | 'userinfo'>(
  part: K,
  change: (text: string) => string | undefined,
): Edit['apply'] {
  return (state) => {
    const text = change(state.url[part])
    return text === undefined || text === state.url[part]
      ? undefined
      : { ...state, url: { ...state.url, [part]: text } }
  }
}
