import { kindOf } from '../params/index.ts'
import { kinds } from '../webhooks/index.ts'
import { decodeAll } from './encodings.ts'
import { isTwilioName, joinFields, nameOf, splitFields } from './query-fields.ts'
import { type Edit, editUrl } from './state.ts'

/** The orders in which the fields of a query may have been signed. */
export function* listOrders(fields: readonly string[]): Generator<Edit> {
  if (fields.length < 2) return
  const offered = new Set([fields.join('&')])
  function* offer(order: readonly string[], cost: number): Generator<Edit> {
    const key = order.join('&')
    if (offered.has(key)) return
    offered.add(key)
    // Fields may have been dropped before: those that are left keep the order.
    const rank = new Map(order.map((field, index) => [field, index]))
    yield {
      cause: 'query_order',
      dimension: 'order',
      cost,
      apply: editUrl('query', (query) => joinFields(sortBy(splitFields(query), (field) => rank.get(field) ?? -1))),
      detail: `The ${fields.length} fields of the query stand in another order than Twilio signed.`,
    }
  }
  const own = fields.filter((field) => !isTwilioName(nameOf(field)) && nameOf(field) !== 'bodySHA256')
  const hash = fields.filter((field) => nameOf(field) === 'bodySHA256')
  const twilios = fields.filter((field) => !own.includes(field) && !hash.includes(field))
  const kind = kindOf(new Map(fields.map((field) => [nameOf(field), decodeAll(field.replace(/^[^=]*=?/, ''))])))
  const wire = new Map((kind ? kinds[kind].parameters : []).map(({ name }, index) => [name, index]))
  const inWireOrder = sortBy(twilios, (field) => wire.get(nameOf(field)) ?? 99)
  for (const owns of [own, [...own].reverse(), [...own].sort()])
    for (const rest of [twilios, inWireOrder]) {
      yield* offer([...owns, ...rest, ...hash], 1)
      yield* offer([...owns, ...hash, ...rest], 2)
    }
  yield* offer([...fields].reverse(), 2)
  yield* offer([...fields].sort(), 2)
  yield* offer([...fields].sort().reverse(), 3)
  yield* offer([...fields.slice(1), ...fields.slice(0, 1)], 2)
  yield* offer([...fields.slice(-1), ...fields.slice(0, -1)], 2)
  if (own.length > 2 && own.length <= 5)
    for (const owns of permute(own))
      for (const rest of [twilios, inWireOrder]) yield* offer([...owns, ...rest, ...hash], own.length - 2)
  if (fields.length <= 5) for (const order of permute(fields)) yield* offer(order, 4)
  for (let index = 0; index + 1 < fields.length; index++) {
    const swapped = [...fields]
    ;[swapped[index], swapped[index + 1]] = [fields[index + 1] ?? '', fields[index] ?? '']
    yield* offer(swapped, 4)
  }
}

function sortBy(fields: readonly string[], rank: (field: string) => number): string[] {
  return fields
    .map((field, index) => ({ field, index, rank: rank(field) }))
    .sort((one, other) => one.rank - other.rank || one.index - other.index)
    .map(({ field }) => field)
}

function* permute(fields: readonly string[]): Generator<string[]> {
  if (fields.length <= 1) yield [...fields]
  for (const [index, field] of fields.entries())
    for (const rest of permute([...fields.slice(0, index), ...fields.slice(index + 1)])) yield [field, ...rest]
}
