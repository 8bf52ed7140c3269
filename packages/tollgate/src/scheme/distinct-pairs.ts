import type { Pairs } from './signing-string.ts'

/** Pairs with each distinct one once: Twilio signs equal pairs once, however often they are sent. */
export interface DistinctPairs {
  /** In order of arrival. */
  readonly pairs: Pairs
  /** Each name's value or, where there are several, its distinct values; both in order of arrival. */
  readonly values: ReadonlyMap<string, string | ReadonlySet<string>>
}

export function findDistinct(all: Pairs): DistinctPairs {
  const values = new Map<string, string | Set<string>>()
  const pairs = all.filter(([name, value]) => {
    const known = values.get(name)
    if (known === value) return false
    // A set for each name would cost more than all the rest: hardly one has several values.
    if (known === undefined) values.set(name, value)
    else if (typeof known === 'string') values.set(name, new Set([known, value]))
    else return known.size < known.add(value).size
    return true
  })
  return { pairs, values }
}
