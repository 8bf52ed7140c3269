/**
 * Returns the candidate that is most similar to the word, or that contains the first part of it
 * (`account-sid`: `allowed-account`); `undefined` if none does.
 */
function findNearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  // Bounds the work. No flag, command or kind is this long.
  if (word.length > 64) return undefined
  const near = candidates
    .map((candidate) => ({ candidate, distance: measureDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((one, other) => one.distance - other.distance)
  const [firstPart = ''] = word.split('-', 1)
  return (
    near[0]?.candidate ??
    candidates.find((candidate) => word.length > 2 && candidate.startsWith(word)) ??
    candidates.find((candidate) => firstPart.length > 3 && candidate.includes(firstPart))
  )
}

/** Returns a suggestion to append to a message; empty if no candidate is similar. */
export function didYouMean(word: string, candidates: readonly string[], mark = ''): string {
  const near = findNearest(word, candidates)
  return near === undefined ? '' : ` Did you mean ${mark}${near}?`
}

/** Counts the letters to add, remove, replace or swap (the optimal string alignment distance). */
function measureDistance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : change
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
