import { mostPairs, type Pairs } from './form.ts'

/** Form parameters as callers have them: pairs, URLSearchParams, or a record whose repeated names hold arrays. */
export type Params =
  | URLSearchParams
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[]>>

/** What Twilio signs: the URL, then every parameter's name and value, without delimiters. */
export function signingString(url: string, pairs: Pairs): string {
  return url + joinPairs(pairs)
}

/**
 * Joins parameters as Twilio does: names in order (by UTF-16 code unit; real ones are ASCII), and for each name its distinct
 * values in order, the name before each. https://www.twilio.com/docs/usage/security; repeats as in twilio-node and twilio-python.
 */
export function joinPairs(pairs: Pairs): string {
  const order = orderNames(pairs.map((pair) => pair[0]))
  if (order === undefined) return listPieces(pairs).join('')
  let text = ''
  for (const index of order) {
    const pair = pairs[index] as Pairs[number]
    text += pair[0] + pair[1]
  }
  return text
}

/** The names and values that `joinPairs` joins, in its order. */
function listPieces(pairs: Pairs): readonly string[] {
  const { values } = findDistinct(pairs)
  const pieces: string[] = []
  // Without a comparator, which would be called many thousand times for a hostile form.
  for (const name of [...values.keys()].sort()) {
    const ofName = values.get(name) as string | ReadonlySet<string>
    if (typeof ofName === 'string') pieces.push(name, ofName)
    else for (const value of [...ofName].sort()) pieces.push(name, value)
  }
  return pieces
}

/** The same for parameters as callers have them; `undefined` where `toPairs` is. */
export function joinParams(params: Params): string | undefined {
  const text = isRecord(params) ? joinRecord(params) : undefined
  if (text !== undefined) return text
  const pairs = toPairs(params)
  return pairs && joinPairs(pairs)
}

/**
 * Joins a record that has few names, and one text for each, as nearly all have. Making pairs of it would cost half an HMAC.
 * @returns `undefined` for any other record
 */
function joinRecord(record: Readonly<Record<string, unknown>>): string | undefined {
  const names = Object.keys(record)
  const order = orderNames(names)
  if (order === undefined) return undefined
  let text = ''
  for (const index of order) {
    const name = names[index] as string
    const value = record[name]
    if (typeof value !== 'string') return undefined
    text += name + value
  }
  return text
}

function isRecord(params: unknown): params is Readonly<Record<string, unknown>> {
  return typeof params === 'object' && params !== null && !(Symbol.iterator in params)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= mostPairs && value.every((one) => typeof one === 'string')
}

/**
 * Lists parameters as pairs, in their order.
 * @returns `undefined` for more pairs, names or values of one name than any webhook has, or if anything is not a string: numbers, null and nested objects were never
 *   signed as such
 */
export function toPairs(params: Params): Pairs | undefined {
  if (typeof params !== 'object' || params === null) return undefined
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
  // Object.entries takes several times as long where a hostile record has thousands of names.
  const names = Object.keys(record)
  if (names.length > mostPairs) return undefined
  for (const name of names) {
    const value = record[name]
    if (typeof value === 'string') pairs.push([name, value])
    else if (!isTexts(value)) return undefined
    else for (const one of value) pairs.push([name, one])
  }
  return pairs
}

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

// Webhooks of a kind repeat their parameters in one order, and sorting them costs as much as an HMAC: the order in which so many
// names were sorted last is tried first. It is a list of indices, so that nothing of a request is kept, and it counts only where
// it does sort the names at hand: what a hostile request leaves behind costs the next one its sorting, and nothing else.
const lastOrders: (readonly number[] | undefined)[] = []
/** The longest list whose order is kept. Webhooks have fewer names. */
const mostNames = 64

/**
 * The indices of names in the names' order (by UTF-16 code unit).
 * @returns `undefined` where names repeat, or where there are more than `mostNames`
 */
export function orderNames(names: readonly string[]): readonly number[] | undefined {
  if (names.length > mostNames) return undefined
  const last = lastOrders[names.length]
  if (last !== undefined && isAscending(names, last)) return last
  // Equal names need no case of their own: the check below finds them.
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
