/** Form parameters in the order they arrived, decoded, repeats kept. */
export type Pairs = readonly (readonly [name: string, value: string])[]

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
  const values = new Map<string, string | Set<string>>()
  for (const [name, value] of pairs) {
    const known = values.get(name)
    if (known === undefined) values.set(name, value)
    else if (typeof known === 'string') values.set(name, new Set([known, value]))
    else known.add(value)
  }
  let text = ''
  for (const name of [...values.keys()].sort()) {
    const value = values.get(name) as string | Set<string>
    if (typeof value === 'string') text += name + value
    else for (const one of [...value].sort()) text += name + one
  }
  return text
}

/** `undefined` when anything in there is not a string: numbers, null and nested objects were never signed as such. */
export function toPairs(params: Params): Pairs | undefined {
  if (typeof params !== 'object' || params === null) return undefined
  const pairs: [string, string][] = []
  if (Symbol.iterator in params) {
    for (const pair of params as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2) return undefined
      const [name, value] = pair
      if (typeof name !== 'string' || typeof value !== 'string') return undefined
      pairs.push([name, value])
    }
    return pairs
  }
  for (const name of Object.keys(params)) {
    const value: unknown = params[name]
    if (typeof value === 'string') pairs.push([name, value])
    else if (!Array.isArray(value)) return undefined
    else
      for (const one of value) {
        if (typeof one !== 'string') return undefined
        pairs.push([name, one])
      }
  }
  return pairs
}
