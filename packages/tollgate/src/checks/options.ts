/**
 * One option in a table. Its meaning is in the docstring of the interface, which editors show. A
 * test compares limits and default with the docstring.
 */
export type OptionRow = {
  /** True for the options that the interface requires, and for no other. */
  readonly required?: true
  /** Absent if the option may stay undefined, and if its default is computed. */
  readonly default?: unknown
} & (
  | {
      readonly type: 'integer'
      readonly least: number
      /** Without it, every larger safe integer is allowed. */
      readonly most?: number
    }
  | { readonly type: 'boolean' | 'string' | 'strings' | 'record' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'function' }
  | { readonly type: 'object'; readonly methods: readonly string[] }
  /**
   * The function that reads the options checks it, because it parses the value or compares options.
   */
  | { readonly type: 'other' }
)

/**
 * The table of an interface of options. `readOptions` takes it, so the compiler refuses a row that
 * is missing or too much, and a row of another type than its option.
 */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: RowOf<Exclude<Options[Name], undefined>> & {
    readonly default?: Exclude<Options[Name], undefined>
  } & (undefined extends Options[Name] ? { readonly required?: never } : { readonly required: true })
}

type RowOf<Value> = OptionRow & {
  readonly type: [Value] extends [boolean]
    ? 'boolean'
    : [Value] extends [number]
      ? 'integer'
      : [Value] extends [string]
        ? string extends Value
          ? 'string' | 'other'
          : 'choice'
        : [Value] extends [(...args: never[]) => unknown]
          ? 'function'
          : 'strings' | 'record' | 'object' | 'other'
} & ([Value] extends [string] ? { readonly choices?: Orders<Value> } : unknown)

/** Lists that have each of these strings once. */
type Orders<All extends string, One extends string = All> = string extends All
  ? never
  : [One] extends [never]
    ? readonly []
    : One extends All
      ? readonly [One, ...Orders<Exclude<All, One>>]
      : never

/** Options that were read: those with a default are never undefined. */
export type ReadOptions<Options, Table> = {
  readonly [Name in keyof Options & keyof Table]: Table[Name] extends { readonly default: unknown }
    ? Exclude<Options[Name], undefined>
    : Options[Name]
}

/**
 * Reads options that are an object and have known names only. A misspelled option would switch off
 * a check without a word.
 * @param table The options.
 * @param where Names the function in the error.
 * @param prefix Precedes each name in an error about a value, for options within others.
 * @returns a copy with all of the names, so that it inherits none, and with the defaults
 * @throws TypeError that suggests the name that was probably meant, and TypeError or RangeError
 *   that names an option with a wrong value.
 */
export function readOptions<Options, Table extends OptionTable<Options>>(
  given: Options,
  table: Table & Record<Exclude<keyof Table, keyof Options>, never>,
  where: string,
  prefix = '',
): ReadOptions<Options, Table> {
  checkNames(given, table, where)
  return pickOptions<Options, Table>(given, table, prefix)
}

/**
 * Checks that options are an object and have known names only, for functions that pass some of them
 * on.
 * @param given The options as the caller gave them, of any type.
 * @param table Every option that is allowed.
 * @param where Names the function in the error.
 * @throws TypeError that suggests the name that was probably meant.
 */
export function checkNames(given: unknown, table: Readonly<Record<string, OptionRow>>, where: string): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${where} needs an object of options`)
  for (const name of Object.keys(given)) {
    const near = findNearest(name, Object.keys(table))
    if (near === name) continue
    // Other names may be secrets: a token where a name belongs.
    const shown = /^[A-Za-z_]{1,40}$/.test(name) ? `Unknown option "${name}"` : 'An unknown option'
    throw new TypeError(`${shown} of ${where}.${near ? ` Did you mean "${near}"?` : ''}`)
  }
}

/**
 * Reads the options of a table from an object that may have others too.
 * @param prefix Precedes each name in an error, for options within others.
 * @returns a copy of these, with their defaults
 * @throws TypeError or RangeError that names an option with a wrong value.
 */
export function pickOptions<Options, Table extends OptionTable<Options>>(
  given: Options,
  table: Table & Record<Exclude<keyof Table, keyof Options>, never>,
  prefix = '',
): ReadOptions<Options, Table> {
  const values = given as Readonly<Record<string, unknown>>
  const rows: readonly (readonly [string, OptionRow])[] = Object.entries(table)
  const read = rows.map(([name, row]) => [name, checkOption(readOption(values, name), prefix + name, row)])
  return Object.fromEntries(read)
}

/** @returns the value, or the default */
function checkOption(value: unknown, name: string, row: OptionRow): unknown {
  if (value === undefined && !row.required) return readOption(row, 'default')
  switch (row.type) {
    case 'integer':
      return checkInteger(value, name, row)
    case 'choice':
      if (row.choices.includes(value as string)) return value
      throw new TypeError(`"${name}" must be ${row.choices.map((choice) => `'${choice}'`).join(' or ')}`)
    case 'object':
      checkMethods(value, name, row.methods)
      return value
    case 'strings':
      if (Array.isArray(value) && value.every(isString)) return value
      throw new TypeError(`"${name}" must be a list of strings`)
    case 'record':
      if (value === Object(value) && !Array.isArray(value) && Object.values(value as object).every(isString))
        return value
      throw new TypeError(`"${name}" must be an object that maps names to strings`)
    case 'other':
      return value
    default:
      checkType(value, name, row.type)
      return value
  }
}

const isString = (value: unknown): boolean => typeof value === 'string'

function checkInteger(value: unknown, name: string, row: OptionRow & { readonly type: 'integer' }): unknown {
  checkType(value, name, 'number')
  const { least, most = Number.MAX_SAFE_INTEGER } = row
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return value
  throw new RangeError(`"${name}" must be an integer from ${least} to ${most}`)
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
 * beginning and end, in any letter case, or else the first that contains its first word
 * (`accountSid`: `allowedAccounts`, `url`: `publicUrl`).
 * @returns `undefined` if less than two thirds of the longer word are shared, and no candidate
 *   has the word
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
  const firstWord = /^[a-z]{3,}/.exec(word)?.[0]
  return nearest ?? candidates.find((candidate) => firstWord && candidate.toLowerCase().includes(firstWord))
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
 * Checks the type of an option.
 * @throws TypeError that names the option.
 */
function checkType(value: unknown, name: string, type: 'number' | 'boolean' | 'string' | 'function'): void {
  if (typeof value !== type) throw new TypeError(`"${name}" must be a ${type}, got ${typeof value}`)
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
