/**
 * Reads options that are an object and have known names only. A misspelled option would switch off
 * a check without a word.
 * @param known The names of the options.
 * @param where Names the function in the error.
 * @returns a copy with all of the names, so that it inherits none
 * @throws TypeError that suggests the name that was probably meant.
 */
export function readOptions<T>(given: T, known: Readonly<Record<string, true>>, where: string): T {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${where} needs an object of options`)
  for (const name of Object.keys(given)) {
    const near = findNearest(name, Object.keys(known))
    if (near === name) continue
    // Other names may be secrets: a token where a name belongs.
    const shown = /^[A-Za-z_]{1,40}$/.test(name) ? `Unknown option "${name}"` : 'An unknown option, not a name,'
    throw new TypeError(`${shown} of ${where}.${near ? ` Did you mean "${near}"?` : ''}`)
  }
  return Object.fromEntries(Object.keys(known).map((name) => [name, readOption(given, name as never)])) as T
}

/**
 * Reads one option. Ignores the value that a polluted `Object.prototype` gives to every object,
 * because it could switch off a check.
 */
export function readOption<T, Name extends keyof T>(given: T, name: Name): T[Name] | undefined {
  const value = given[name]
  if (value !== (Object.prototype as T)[name] || Object.hasOwn(given as object, name)) return value
  return undefined
}

/**
 * Lists the values of an option that may be one value or a list.
 * @throws TypeError that names the option, for an empty list.
 */
export function toList(value: unknown, name: string): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new TypeError(`"${name}" is an empty list`)
  return list
}

/**
 * Finds the candidate that a misspelled word most probably means: the one that shares most of its
 * beginning and end, in any letter case, or else the one that contains its first word
 * (`accountSid`: `allowedAccounts`).
 * @returns `undefined` if less than two thirds of the longer word are shared, and no candidate
 *   contains the first word
 */
export function findNearest(word: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined
  let best = 0.66
  for (const candidate of candidates) {
    const score = rateLikeness(word.toLowerCase(), candidate.toLowerCase())
    if (score > best) {
      nearest = candidate
      best = score
    }
  }
  const [firstWord] = /^[a-z]{4,}(?=[A-Z])/.exec(word) ?? []
  return nearest ?? (firstWord && candidates.find((candidate) => candidate.toLowerCase().includes(firstWord)))
}

function rateLikeness(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length)
  let start = 0
  while (start < shorter && one[start] === other[start]) start++
  let end = 0
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end++
  return (start + end) / Math.max(one.length, other.length)
}

/**
 * Formats the value of an option for a message: a string in quotes, the type of anything else.
 * Never use it for secrets.
 */
export function showOption(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : `a value of type ${value === null ? value : typeof value}`
}

/**
 * Checks an option that is an integer, or undefined.
 * @throws TypeError or RangeError that names the option.
 */
export function parseInteger(value: number | undefined, name: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw new TypeError(`"${name}" must be a number, got ${typeof value}`)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`"${name}" must be an integer from ${least} to ${most}`)
}

/**
 * Checks an option that is one of a few strings. The first choice is the default.
 * @throws TypeError that names the option.
 */
export function parseChoice<T extends string>(value: T | undefined, name: string, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0]
  if (choices.includes(value)) return value
  throw new TypeError(`"${name}" must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`)
}

/**
 * Checks that an option is an object with these methods.
 * @throws TypeError that names the option.
 */
export function checkMethods(value: unknown, name: string, methods: readonly string[]): void {
  for (const method of methods)
    if (!hasMethod(value, method)) throw new TypeError(`"${name}" must have a method "${method}"`)
}

/** Returns true if a value of any type has a method of this name. */
export function hasMethod(value: unknown, method: string): boolean {
  const object: { readonly [name: string]: unknown } = Object(value)
  return typeof object[method] === 'function'
}

/**
 * Checks the type of an option that may be left out.
 * @throws TypeError that names the option.
 */
export function checkType(value: unknown, name: string, type: 'boolean' | 'function'): void {
  if (value !== undefined && typeof value !== type)
    throw new TypeError(`"${name}" must be a ${type}, got ${typeof value}`)
}

/**
 * Refuses a promise from a function of the user that must return its result at once. Its rejection
 * is ignored, because an unhandled one would end the process.
 * @param name Names the function in the error.
 * @throws TypeError if the result is a promise.
 */
export function refusePromise(result: unknown, name: string): void {
  if (typeof Object(result).then !== 'function') return
  Promise.resolve(result).catch(() => undefined)
  throw new TypeError(`${name} must not be asynchronous: it has to return its result, not a promise`)
}

/** Calls a listener of the user's. An error in it, also a later one, is ignored. */
export function runUnnoticed(listener: () => unknown): void {
  try {
    const result = listener()
    if (typeof result === 'object') Promise.resolve(result).catch(() => undefined)
  } catch {
    // Ignored, as the comment above says.
  }
}
