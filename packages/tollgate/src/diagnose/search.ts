import { type AttemptInput, createAttempt, createJoinText } from './attempt.ts'
import type { Found } from './conclude.ts'
import { listSets, mostSkipped } from './edit-sets.ts'
import { hasUsableKey, prune } from './prune.ts'
import type { Edit } from './state.ts'

export interface Search {
  readonly found: Found | undefined
  readonly tried: number
}

export interface SearchInput extends AttemptInput {
  readonly edits: readonly Edit[]
}

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
export async function search(input: SearchInput): Promise<Search> {
  if (!hasUsableKey(input)) return { found: undefined, tried: 0 }
  const { work } = input
  const joinText = createJoinText(work)
  const edits = await prune(input, joinText)
  const attempt = createAttempt(input, joinText)
  const lowest = [0, 1, 2, 3]
  for (const [size, highest, share] of stages) {
    const last = attempt.tried() + share * input.maxTries
    for (const set of listSets(edits, size, lowest[size] ?? size, highest)) {
      if (work.isDue()) await work.pause()
      if (set === undefined) work.spend(mostSkipped)
      const found = set && attempt.run(set)
      if (found !== undefined) return { found, tried: attempt.tried() }
      if (attempt.isSpent()) return { found: undefined, tried: attempt.tried() }
      if (attempt.tried() >= last) break
    }
    lowest[size] = highest + 1
  }
  return { found: undefined, tried: attempt.tried() }
}
