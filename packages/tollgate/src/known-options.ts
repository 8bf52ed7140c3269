/**
 * Refuses options that are no object, or that have a name we do not know: a misspelled check would be no check.
 * Throws a TypeError with a "did you mean".
 */
export function checkKnownOptions(given: unknown, known: Readonly<Record<string, true>>, where: string): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${where} needs an object of options`)
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const near = findNearest(name, Object.keys(known))
    throw new TypeError(`Unknown option "${name}" of ${where}.${near === undefined ? '' : ` Did you mean "${near}"?`}`)
  }
}

/** The values of an option that may be given as one or as a list. Throws a TypeError that names it for an empty list. */
export function toList(value: unknown, name: string): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new TypeError(`"${name}" is an empty list`)
  return list
}

/** The candidate that most resembles a word; `undefined` when none comes near. */
export function findNearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  let nearest: string | undefined
  let least = limit + 1
  for (const candidate of candidates) {
    const distance = measureDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [nearest, least] = [candidate, distance]
  }
  return nearest
}

/** Levenshtein's edit distance. */
function measureDistance(one: string, other: string): number {
  let row = [...Array(other.length + 1).keys()]
  for (const letter of one) {
    let [last = 0] = row
    row = row.map((above, index) => {
      const swap = (row[index - 1] ?? above) + (letter === other[index - 1] ? 0 : 1)
      last = index === 0 ? above + 1 : Math.min(swap, above + 1, last + 1)
      return last
    })
  }
  return row[other.length] ?? 0
}

/** An option's value as a message shows it: a text in quotes, of anything else the kind. Never for secrets. */
export function showOption(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : `a value of type ${typeof value}`
}
