import { dimensions, type Edit } from './state.ts'

const ranks = new Map(dimensions.map((dimension, index) => [dimension, index]))
const rankOf = (edit: Edit): number => ranks.get(edit.dimension) ?? 0

/** How many sets whose edits exclude one another are passed over at once. */
export const mostSkipped = 1000

/**
 * All sets of so many edits of different dimensions, by the sum of their costs, each in the order in which it is applied.
 * `undefined` after each 1,000 that were passed over, so that the caller can count them and pause.
 */
export function* listSets(
  edits: readonly Edit[],
  size: number,
  from: number,
  to: number,
): Generator<readonly Edit[] | undefined> {
  if (size === 0) {
    yield []
    return
  }
  const byCost: Edit[][] = []
  for (const edit of edits) {
    const group = byCost[edit.cost] ?? []
    group.push(edit)
    byCost[edit.cost] = group
  }
  const highest = byCost.length - 1
  for (let sum = from; sum <= Math.min(to, highest * size); sum++)
    for (const costs of listPartitions(sum, size, highest)) yield* listCombinations(costs, byCost)
}

/** Ways to write a sum as so many ascending costs. */
function* listPartitions(sum: number, size: number, highest: number, lowest = 1): Generator<number[]> {
  if (size === 1) {
    if (sum >= lowest && sum <= highest) yield [sum]
    return
  }
  for (let first = lowest; first * size <= sum && first <= highest; first++)
    for (const rest of listPartitions(sum - first, size - 1, highest, first)) yield [first, ...rest]
}

function* listCombinations(
  costs: readonly number[],
  byCost: readonly (readonly Edit[] | undefined)[],
): Generator<Edit[] | undefined> {
  let skipped = 0
  const [first = 0, second, third] = costs
  const firsts = byCost[first] ?? []
  for (const [i, one] of firsts.entries()) {
    if (second === undefined) {
      yield [one]
      continue
    }
    const seconds = byCost[second] ?? []
    for (let j = second === first ? i + 1 : 0; j < seconds.length; j++) {
      const two = seconds[j] as Edit
      if (two.dimension === one.dimension) {
        if (++skipped % mostSkipped === 0) yield undefined
        continue
      }
      if (third === undefined) {
        yield inOrder([one, two])
        continue
      }
      const thirds = byCost[third] ?? []
      for (let k = third === second ? j + 1 : 0; k < thirds.length; k++) {
        const three = thirds[k] as Edit
        if (three.dimension !== one.dimension && three.dimension !== two.dimension) yield inOrder([one, two, three])
        else if (++skipped % mostSkipped === 0) yield undefined
      }
    }
  }
}

/** By insertion: there are two or three, some thousand times. */
function inOrder(edits: Edit[]): Edit[] {
  for (let end = 1; end < edits.length; end++)
    for (let index = end; index > 0; index--) {
      const [before, after] = [edits[index - 1] as Edit, edits[index] as Edit]
      if (rankOf(before) <= rankOf(after)) break
      edits[index - 1] = after
      edits[index] = before
    }
  return edits
}
