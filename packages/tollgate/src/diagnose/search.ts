import { type Dimension, dimensions } from './causes/row.ts'
import type { Work } from './limits.ts'

/** The parts of an edit by which sets are listed. */
interface Ranked {
  readonly dimension: Dimension
  readonly cost: number
}

/** Tries sets of edits for one request. */
export interface SetTrial<E, M> {
  /** Applies the edits and compares signatures. Returns what matches. */
  run(edits: readonly E[]): M | undefined | Promise<M | undefined>
  isSpent(): boolean
  /** The number of signatures that were computed with the key that was tried most. */
  tried(): number
}

/** The result of a search. */
interface Outcome<M> {
  readonly match?: M
  /** True if the search ended at its limit, before all likely sets were tried. */
  readonly isCut: boolean
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
 * Finds the smallest set of edits under which a signature matches: by the number of edits, then by
 * the sum of their costs.
 */
export async function searchSets<E extends Ranked, M>(
  edits: readonly E[],
  attempt: SetTrial<E, M>,
  maxTries: number,
  work: Work,
): Promise<Outcome<M>> {
  const lowest = [0, 1, 2, 3]
  for (const [size, highest, share] of stages) {
    const sets = listSets(edits, size, lowest[size] ?? size, highest)
    const outcome = await searchStage(sets, attempt, attempt.tried() + share * maxTries, work)
    if (outcome !== undefined) return { ...outcome, isCut: outcome.isCut && share === 1 }
    lowest[size] = highest + 1
  }
  return { isCut: false }
}

/** Tries sets up to this number of signatures. Returns nothing if the search goes on. */
async function searchStage<E extends Ranked, M>(
  groups: Iterable<Sets<E>>,
  attempt: SetTrial<E, M>,
  last: number,
  work: Work,
): Promise<Outcome<M> | undefined> {
  for (const sets of groups)
    for (const set of sets) {
      if (work.isDue()) await work.pause()
      if (set === undefined) work.spend(skippedAtOnce)
      const found = set && attempt.run(set)
      const match = found instanceof Promise ? await found : found
      if (match !== undefined) return { match, isCut: false }
      if (attempt.isSpent()) return { isCut: true }
      if (attempt.tried() >= last) return undefined
    }
  return undefined
}

const ranks = new Map<Dimension, number>(dimensions.map((dimension, index) => [dimension, index]))
const findRank = ({ dimension }: Ranked): number => ranks.get(dimension) ?? 0

/**
 * After this many sets whose edits exclude each other, the caller counts the work and may pause.
 */
const skippedAtOnce = 1000

/** Sets of edits. `undefined` stands for 1,000 sets that were skipped. */
type Sets<E> = Iterable<readonly E[] | undefined>

/**
 * Lists all sets of so many edits of different dimensions, by the sum of their costs, each in the
 * order of application. They come in groups, because a generator inside another is slow.
 */
function* listSets<E extends Ranked>(edits: readonly E[], size: number, from: number, to: number): Generator<Sets<E>> {
  if (size === 0) {
    yield [[]]
    return
  }
  const byCost: E[][] = []
  for (const edit of edits) {
    const group = byCost[edit.cost] ?? []
    group.push(edit)
    byCost[edit.cost] = group
  }
  const highest = byCost.length - 1
  for (let sum = from; sum <= Math.min(to, highest * size); sum++)
    for (const costs of listPartitions(sum, size, highest)) yield listCombinations(costs, byCost)
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

function* listCombinations<E extends Ranked>(
  costs: readonly number[],
  byCost: readonly (readonly E[] | undefined)[],
): Generator<E[] | undefined> {
  let skipped = 0
  const [first = 0, second, third] = costs
  for (const [i, one] of (byCost[first] ?? []).entries()) {
    if (second === undefined) {
      yield [one]
      continue
    }
    const seconds = byCost[second] ?? []
    for (let j = second === first ? i + 1 : 0; j < seconds.length; j++) {
      const two = seconds[j] as E
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
        const three = thirds[k] as E
        if (three.dimension !== one.dimension && three.dimension !== two.dimension) yield sortInOrder([one, two, three])
        else if (++skipped % skippedAtOnce === 0) yield undefined
      }
    }
  }
}

/** Sorts two or three edits by insertion, which is fast for some thousand sets. */
function sortInOrder<E extends Ranked>(edits: E[]): E[] {
  for (let end = 1; end < edits.length; end++)
    for (let index = end; index > 0; index--) {
      const [before, after] = [edits[index - 1] as E, edits[index] as E]
      if (findRank(before) <= findRank(after)) break
      edits[index - 1] = after
      edits[index] = before
    }
  return edits
}
