import type { AnyKey } from '../verdict.ts'

/** Options for the labels of keys. */
export interface KeyLabelOptions {
  /**
   * SharedKey ids that get a label of their own, `shared_key:ID`. At most 100. All other SharedKeys
   * share the label `shared_key`, because a look-up may know any number of them. Default: none.
   */
  readonly sharedKeyIds?: readonly string[] | undefined
}

/** The options for the labels of keys. */
export const keyLabelOptions = { sharedKeyIds: { type: 'strings' } } as const

/**
 * Gives the label of a key, from a closed set: `auth_token:0` to `auth_token:15`, `shared_key`, the
 * ids in the options, and for other schemes the names or positions of the keys in their options.
 */
export type KeyLabeller = (key: AnyKey) => string

/**
 * Creates the function that labels keys.
 * @throws RangeError if `sharedKeyIds` has more than 100.
 */
export function createKeyLabeller({ sharedKeyIds = [] }: KeyLabelOptions): KeyLabeller {
  if (sharedKeyIds.length > 100) throw new RangeError('"sharedKeyIds" must be at most 100 ids')
  const listed = new Set<string>(sharedKeyIds)
  return ({ kind, index, name, id }) => {
    if (id === undefined) return `${kind}:${name ?? index}`
    return listed.has(id) ? `${kind}:${id}` : kind
  }
}

/** @param index The position of an Auth Token in its account's list. */
export function labelToken(index: number): string {
  return `auth_token:${index}`
}
