import { mostPairs, type Pairs } from '../../../form.ts'

/**
 * Form parameters in any of three shapes: pairs, URLSearchParams or FormData; or a record in which
 * a repeated name has an array. In a record, numbers and booleans count as their text. Files and
 * `undefined` are here for the types of FormData and of parsers. They do not verify.
 */
export type Params = Iterable<readonly [string, string | Blob]> | Readonly<Record<string, ParamValue>>

type Scalar = string | number | boolean
type ParamValue = Scalar | readonly Scalar[] | Blob | undefined

/**
 * Joins the text that Twilio signs: the URL, then the name and value of every parameter, without
 * delimiters.
 */
export function joinSigningString(url: string, pairs: Pairs): string {
  return url + joinPairs(pairs)
}

/**
 * Joins parameters as Twilio does: sorted by name (by UTF-16 code unit; real names are ASCII), and
 * for each name its distinct values, sorted, with the name before each.
 * https://www.twilio.com/docs/usage/security; repeats as in twilio-node and twilio-python.
 */
export function joinPairs(pairs: Pairs): string {
  // Stryker disable next-line ArrowFunction: sorted pairs give the same text, only more slowly
  const order = orderNames(pairs.map((pair) => pair[0]))
  // Stryker disable next-line ConditionalExpression: sorted pairs give the same text, only more slowly
  if (order === undefined) return listPieces(pairs).join('')
  let text = ''
  for (const index of order) {
    const pair = pairs[index] as Pairs[number]
    text += pair[0] + pair[1]
  }
  return text
}

/** Lists the names and values that `joinPairs` joins, in that order. */
function listPieces(pairs: Pairs): readonly string[] {
  const { values } = findDistinct(pairs)
  // Stryker disable next-line ArrayDeclaration: the remembered order only saves sorting
  const pieces: string[] = []
  // Without a comparator: a hostile form would call it many thousand times.
  for (const name of [...values.keys()].sort()) {
    const ofName = values.get(name) as string | ReadonlySet<string>
    if (typeof ofName === 'string') pieces.push(name, ofName)
    else for (const value of [...ofName].sort()) pieces.push(name, value)
  }
  return pieces
}

/** Joins parameters in any shape. `undefined` if `toPairs` gives `undefined`. */
export function joinParams(params: Params): string | undefined {
  const text = isRecord(params) ? joinRecord(params) : undefined
  // Stryker disable next-line ConditionalExpression: pairs give the same text, only later
  if (text !== undefined) return text
  const pairs = toPairs(params)
  return pairs && joinPairs(pairs)
}

/**
 * Joins a record with few names and one string for each, as nearly all have. To make pairs of it
 * would cost half an HMAC.
 * @returns `undefined` for any other record
 */
// Stryker disable next-line BlockStatement: pairs give the same text, only later
function joinRecord(record: Readonly<Record<string, unknown>>): string | undefined {
  const names = Object.keys(record)
  const order = orderNames(names)
  // Stryker disable next-line ConditionalExpression: sorted pairs give the same text, only more slowly
  if (order === undefined) return undefined
  let text = ''
  for (const index of order) {
    const name = names[index] as string
    const value = toText(record[name])
    // Stryker disable next-line ConditionalExpression: pairs give the same text, only later
    if (value === undefined) return undefined
    text += name + value
  }
  return text
}

// Stryker disable next-line BlockStatement: pairs give the same text, only later
function isRecord(params: unknown): params is Readonly<Record<string, unknown>> {
  // Stryker disable next-line ConditionalExpression,StringLiteral: pairs give the same text, only later
  return typeof params === 'object' && params !== null && !(Symbol.iterator in params)
}

/** Numbers and booleans count as their text, as in the `twilio` package: `NumMedia: 0`. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined
}

/**
 * Lists parameters as pairs, in their order.
 * @returns `undefined` for more pairs, names or values of one name than any webhook has, and for
 *   null, nested objects and other values that Twilio never signs as such
 */
export function toPairs(params: Params): Pairs | undefined {
  // Stryker disable next-line StringLiteral: pairs give the same text, only later
  if (typeof params !== 'object' || params === null) return undefined
  // Stryker disable next-line ArrayDeclaration: the remembered order only saves sorting
  const pairs: [string, string][] = []
  if (Symbol.iterator in params) {
    try {
      for (const pair of params as Iterable<unknown>) {
        if (!Array.isArray(pair) || pair.length !== 2 || pairs.length === mostPairs) return undefined
        const [name, value] = pair
        if (typeof name !== 'string' || typeof value !== 'string') return undefined
        pairs.push([name, value])
      }
      return pairs
    } catch {
      return undefined // no iterable after all
    }
  }
  const record = params as Readonly<Record<string, unknown>>
  // Object.entries takes several times as long for a hostile record with thousands of names.
  const names = Object.keys(record)
  if (names.length > mostPairs) return undefined
  for (const name of names) {
    const given = record[name]
    const values: readonly unknown[] = Array.isArray(given) ? given : [given]
    if (values.length > mostPairs) return undefined
    for (const one of values) {
      const value = toText(one)
      // Stryker disable next-line ConditionalExpression: pairs give the same text, only later
      if (value === undefined) return undefined
      pairs.push([name, value])
    }
  }
  return pairs
}

/** The distinct pairs: Twilio signs equal pairs once, even if they are sent several times. */
export interface DistinctPairs {
  /** In order of arrival. */
  readonly pairs: Pairs
  /**
   * The value of each name, or its distinct values if there are several. Both are in order of
   * arrival.
   */
  readonly values: ReadonlyMap<string, string | ReadonlySet<string>>
}

/** Finds the distinct pairs. */
export function findDistinct(all: Pairs): DistinctPairs {
  const values = new Map<string, string | Set<string>>()
  const pairs = all.filter(([name, value]) => {
    const known = values.get(name)
    if (known === value) return false
    // Few names have several values, and a set for every name would cost more than all the rest.
    if (known === undefined) values.set(name, value)
    else if (typeof known === 'string') values.set(name, new Set([known, value]))
    else return known.size < known.add(value).size
    return true
  })
  return { pairs, values }
}

// Webhooks of one kind have their parameters in one order, and sorting them costs as much as an
// HMAC. So the last order for this number of names is tried first. It is a list of indices, so
// nothing of a request is kept, and it is used only if it sorts the names of this request. After a
// hostile request the next one has to sort again, and nothing else changes.
// Stryker disable next-line ArrayDeclaration: the remembered order only saves sorting
const lastOrders: (readonly number[] | undefined)[] = []
/** The longest list for which the order is kept. Webhooks have fewer names. */
const mostNames = 64

/**
 * Sorts the indices of names by their names (by UTF-16 code unit).
 * @returns `undefined` if names repeat, or if there are more than `mostNames`
 */
export function orderNames(names: readonly string[]): readonly number[] | undefined {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: the remembered order only saves sorting
  if (names.length > mostNames) return undefined
  const last = lastOrders[names.length]
  // Stryker disable next-line ConditionalExpression: the remembered order only saves sorting
  if (last !== undefined && isAscending(names, last)) return last
  // The comparator has no case for equal names: the check below finds them.
  // Stryker disable next-line EqualityOperator: the order of equal names changes nothing
  const order = [...names.keys()].sort((one, other) => ((names[one] as string) < (names[other] as string) ? -1 : 1))
  if (!isAscending(names, order)) return undefined
  lastOrders[names.length] = order
  return order
}

function isAscending(names: readonly string[], order: readonly number[]): boolean {
  for (let rank = 1; rank < order.length; rank++)
    if (!((names[order[rank - 1] as number] as string) < (names[order[rank] as number] as string))) return false
  return true
}
