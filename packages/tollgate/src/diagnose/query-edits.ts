import type { Pairs } from '../scheme/form.ts'
import { parseForm, serializeForm } from '../scheme/form.ts'
import { decodeAll, escapers, hexCases, listToggles } from './encodings.ts'
import { showName } from './mask.ts'
import { isTwilioName, joinFields, nameOf, splitFields } from './query-fields.ts'
import { listOrders } from './query-orders.ts'
import { countCharacters, type Edit, editUrl } from './state.ts'
import type { Subject } from './subject.ts'
import { showNames } from './text-names.ts'

/** Many fields make many orders and ranges; a webhook by GET has some 25. */
const mostFields = 40

/** Servers take no longer ones. */
const mostCharacters = 8000

export function* listQueryEdits(subject: Subject): Generator<Edit> {
  yield* listMissing(subject)
  yield* listMerged(subject)
  // Where the query is lost, what is told of it may have been changed as well.
  const seen = subject.state.url.query
  const queries = [seen, ...subject.evidence.targets.slice(0, 2).map(({ value }) => value.query)]
  const fields = splitFields(seen)
  if (fields.length <= mostFields) yield* listExtra(fields)
  for (const one of new Set(queries)) if (splitFields(one).length <= mostFields) yield* listOrders(splitFields(one))
  if (queries.every((query) => query.length < 2)) yield* listEmpty(seen)
  else yield* listSpellings(queries.join(''))
}

/** A framework that merges query and form leaves the customer's fields among Twilio's. */
function* listMerged({ state, queryPairs }: Subject): Generator<Edit> {
  if (queryPairs.length > 0 || state.covers !== 'params' || !fitsQuery(state.pairs)) return
  const own = state.pairs.filter(([name]) => !isTwilioName(name))
  if (own.length === 0 || own.length === state.pairs.length) return
  const rest = state.pairs.filter((pair) => !own.includes(pair))
  const query = `?${serializeForm(own)}`
  yield {
    cause: 'query_missing',
    also: [
      {
        id: 'query_counted_as_params',
        detail: 'The parameters of the query stand among those of the body; Twilio signs them in the URL alone.',
      },
    ],
    dimension: 'fields',
    cost: 2,
    apply: (one) => ({ ...one, pairs: rest, url: { ...one.url, query } }),
    detail: `The query was lost on the way: Twilio signed one with ${showNames(own.map(([name]) => name))}.`,
  }
}

function fitsQuery(pairs: Pairs): boolean {
  return pairs.length <= mostFields && countCharacters(pairs) <= mostCharacters
}

function* listMissing({ state, evidence, hints, given }: Subject): Generator<Edit> {
  const seen = state.url.query
  const offered = new Set([seen])
  function* offer(query: string, cost: number, from: string): Generator<Edit> {
    if (offered.has(query) || query.length > mostCharacters) return
    offered.add(query)
    const lost = splitFields(query).length - splitFields(seen).length
    yield {
      cause: 'query_missing',
      dimension: 'fields',
      cost,
      apply: editUrl('query', () => query),
      detail: `The query was lost on the way: Twilio signed one with ${lost} more field${lost === 1 ? '' : 's'} (${from}).`,
    }
  }
  for (const { value, from } of [...evidence.targets, ...hints.targets])
    if (splitFields(value.query).length > splitFields(seen).length) yield* offer(value.query, 1, from)
  const pairs = given ?? []
  if (pairs.length > 0 && fitsQuery(pairs)) {
    const form = serializeForm(pairs)
    for (const text of [form, form.replaceAll('+', '%20'), decodeAll(form.replaceAll('+', '%20'))])
      yield* offer(seen === '' ? `?${text}` : `${seen}&${text}`, 2, 'the parsed parameters')
  }
}

// What hosts, tunnels and browsers add by themselves.
const added =
  /^(utm_|x-|_|ngrok|fbclid|gclid|slug|path|proxy|route|rest|all|code$|clientid$|nxtp|index$|t$|ts$|timestamp$|cache|v$|request|trace|source$)/i

function* listExtra(fields: readonly string[]): Generator<Edit> {
  const offer = (kept: readonly string[], gone: readonly string[], cost: number): Edit => ({
    cause: 'query_extra',
    dimension: 'fields',
    cost,
    apply: editUrl('query', () => joinFields(kept)),
    detail: `The query has ${gone.map((field) => `"${showName(nameOf(field))}"`).join(', ')}, which Twilio did not sign.`,
  })
  const known = fields.filter((field) => !added.test(nameOf(field)))
  if (known.length < fields.length)
    yield offer(
      known,
      fields.filter((field) => !known.includes(field)),
      1,
    )
  for (let start = 0; start < fields.length; start++)
    for (let end = start + 1; end <= fields.length; end++) {
      const atEdge = end === fields.length || start === 0
      const isLast = start === fields.length - 1 && !isTwilioName(nameOf(fields[start] ?? ''))
      const cost =
        (isLast ? 1 : atEdge ? 2 : 4) + (end - start > 3 ? 2 : end - start > 1 ? 1 : 0) + (fields.length > 12 ? 1 : 0)
      yield offer([...fields.slice(0, start), ...fields.slice(end)], fields.slice(start, end), cost)
    }
  const unknown = fields.filter((field) => !isTwilioName(nameOf(field)))
  if (unknown.length > 0 && unknown.length < fields.length)
    yield offer(
      fields.filter((field) => !unknown.includes(field)),
      unknown,
      3,
    )
  const first = fields.filter((field, index) => fields.findIndex((one) => nameOf(one) === nameOf(field)) === index)
  if (first.length < fields.length)
    yield offer(
      first,
      fields.filter((field) => !first.includes(field)),
      2,
    )
}

function* listSpellings(seen: string): Generator<Edit> {
  const offer = (spell: (query: string) => string | undefined, cost: number, what: string): Edit => ({
    cause: 'query_encoding',
    dimension: 'encoding',
    cost,
    apply: editUrl('query', (query) => (query.length > mostCharacters ? undefined : spell(query))),
    detail: `The query was spelled anew on the way: Twilio signed it ${what}.`,
  })
  yield offer((query) => query.replaceAll('%20', '+'), 1, 'with "+" for spaces')
  yield offer((query) => query.replaceAll('+', '%20'), 1, 'with %20 for spaces')
  yield offer((query) => serialize(query), 1, 'as forms are')
  for (const [what, encode] of escapers)
    for (const [hexCase, inCase] of hexCases)
      for (const space of ['%20', '+'])
        yield offer(
          (query) => inCase(respell(query, encode, space)),
          hexCase.includes('upper') ? 1 : 3,
          `${what}, ${hexCase}`,
        )
  yield offer(
    (query) => query.replace(/%(?:2[1247-9ace]|3[abce]|40|5[b-e]|60|7[b-e])/gi, decodeURIComponent),
    2,
    'with punctuation as it is',
  )
  yield offer((query) => decodeAll(query), 2, 'decoded')
  yield offer((query) => decodeAll(query.replaceAll('+', ' ')), 3, 'decoded')
  for (const [what, inCase] of hexCases) yield offer(inCase, 1, what)
  const toggles = listToggles(seen, ':@,/!*()\'~;$?|[]{}<>-_. "^`\\#=')
  for (const [what, toggle] of toggles) yield offer(toggle, 2, what)
  for (const [index, [what, toggle]] of toggles.entries())
    for (const [also, other] of toggles.slice(index + 1))
      yield offer((query) => other(toggle(query)), 4, `${what} and ${also}`)
  yield offer(
    (query) => mapFields(query, (field) => (field === '' || field.includes('=') ? field : `${field}=`)),
    2,
    'with "=" behind empty fields',
  )
  yield offer((query) => query.replace(/=(?=&|$)/g, ''), 2, 'without "=" behind empty fields')
  yield offer((query) => query.replace(/%25/g, '%'), 2, 'without its second encoding')
  yield offer((query) => query.replaceAll('&', '&amp;'), 3, 'with "&amp;" for "&"')
  yield offer((query) => query.replaceAll('&amp;', '&').replaceAll('&amp%3B', '&'), 3, 'with "&" for "&amp;"')
  yield offer((query) => query.replaceAll('+', '%2B'), 2, 'with %2B for "+"')
  yield offer((query) => query.replace(/%2b/gi, '+'), 2, 'with "+" for %2B')
  yield offer((query) => `${query}&`, 5, 'with "&" at its end')
  yield offer((query) => query.replace(/%5B\d*%5D|\[\d*\]/gi, ''), 2, 'without brackets behind repeated names')
  yield offer((query) => query.replace(/%5B\d+%5D|\[\d+\]/gi, '[]'), 4, 'with "[]" behind repeated names')
}

function* listEmpty(seen: string): Generator<Edit> {
  yield {
    cause: 'query_encoding',
    dimension: 'encoding',
    cost: 4,
    apply: editUrl('query', (query) => (query === '' ? '?' : query === '?' ? '' : undefined)),
    detail: seen === '?' ? 'Twilio signed no "?".' : 'Twilio signed a "?" at the end of the URL, without a query.',
  }
}

function mapFields(query: string, change: (field: string) => string): string {
  return joinFields(splitFields(query).map(change))
}

function serialize(query: string): string | undefined {
  const pairs = parseForm(query.slice(1))
  return pairs && `?${serializeForm(pairs)}`
}

function respell(query: string, encode: (text: string) => string, space: string): string {
  return joinFields(
    splitFields(query).map((field) => {
      const equals = field.indexOf('=')
      const parts = equals === -1 ? [field] : [field.slice(0, equals), field.slice(equals + 1)]
      return parts
        .map((part) =>
          encode(decodeAll(part.replaceAll('+', ' ')))
            .replaceAll('%20', space)
            .replaceAll(' ', space),
        )
        .join('=')
    }),
  )
}
