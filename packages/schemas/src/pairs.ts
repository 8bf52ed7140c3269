/**
 * Makes an object from pairs of name and value. A name with several distinct values has a list;
 * equal pairs count once, as `webhook.params` has them. Any other value is returned as it is. A
 * list is no pairs, because JSON may be a list.
 */
export function readPairs(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || !isIterable(given)) return given
  const read = new Map<string, Set<unknown>>()
  for (const pair of given) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') return given
    const known = read.get(pair[0])
    if (known === undefined) read.set(pair[0], new Set([pair[1]]))
    else known.add(pair[1])
  }
  // Without a prototype, as `toObject` of `webhook.params`: the sender chooses the names.
  const object: Record<string, unknown> = Object.create(null)
  for (const [name, values] of read) object[name] = values.size > 1 ? [...values] : [...values][0]
  return object
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === 'function'
}
