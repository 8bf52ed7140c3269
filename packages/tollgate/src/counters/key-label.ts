import type { Accepted } from '../verdict.ts'

export interface KeyLabelOptions {
  /**
   * SharedKey ids to count one by one, as `shared_key:ID`; at most 100. Any other is counted as `shared_key`, since a look-up may
   * know any number of them. Default: none.
   */
  readonly sharedKeyIds?: readonly string[] | undefined
}

/** Says which key matched, in a closed set of texts: `auth_token:0` to `auth_token:15`, `shared_key`, and the ids that were listed. */
export type KeyLabeller = (key: Accepted['matched']['key']) => string

/** Throws a TypeError for ids that are no list of strings, a RangeError for more than 100. */
export function createKeyLabeller({ sharedKeyIds = [] }: KeyLabelOptions): KeyLabeller {
  if (!Array.isArray(sharedKeyIds) || !sharedKeyIds.every((id) => typeof id === 'string'))
    throw new TypeError('"sharedKeyIds" must be a list of strings')
  if (sharedKeyIds.length > 100) throw new RangeError('"sharedKeyIds" must be at most 100 ids')
  const listed = new Set<string>(sharedKeyIds)
  return (key) => {
    if (key.kind === 'auth_token') return labelToken(key.index)
    return listed.has(key.id) ? `shared_key:${key.id}` : 'shared_key'
  }
}

export function labelToken(index: number): string {
  return `auth_token:${index}`
}
