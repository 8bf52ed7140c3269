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

/** Checks an option that is an integer. Throws a TypeError or a RangeError that names it. */
export function parseInteger(value: number | undefined, name: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw new TypeError(`"${name}" must be a number, got ${typeof value}`)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`"${name}" must be an integer from ${least} to ${most}`)
}

/** The first of the choices is the default. Throws a TypeError that names the option. */
export function parseChoice<T extends string>(value: T | undefined, name: string, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0]
  if (choices.includes(value)) return value
  throw new TypeError(`"${name}" must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`)
}

export function checkMethods(value: unknown, name: string, methods: readonly string[]): void {
  for (const method of methods)
    if (!hasMethod(value, method)) throw new TypeError(`"${name}" must have a method "${method}"`)
}

export function hasMethod(value: unknown, method: string): boolean {
  const object: { readonly [name: string]: unknown } = Object(value)
  return typeof object[method] === 'function'
}
