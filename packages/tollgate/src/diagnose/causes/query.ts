import { type Pairs, parseForm, serializeForm } from '../../form.ts'
import { kindOf } from '../../params/index.ts'
import { kinds } from '../../schemes/twilio/webhooks/index.ts'
import type { UrlParts } from '../../url.ts'
import { countCharacters } from '../limits.ts'
import { isTwilioName, showName, showNames } from '../mask.ts'
import { ownTarget, type Subject } from '../reading.ts'
import { decodeAll, escapers, hexCases, joinFields, listToggles, readName, splitFields } from '../spelling.ts'
import { setFunction, setQuerySpelling } from './mends.ts'
import { suspectDecoded } from './path.ts'
import { type CauseRow, type Edit, editPairs, editUrl, type Finding, type Row, redacted } from './row.ts'

/** Changes of the query. */
export const queryCauses = {
  query_missing: {
    title: 'The query is lost',
    fix: 'Let every proxy and CDN (CloudFront) pass the query on, and give the verifier the whole request target (Express: req.originalUrl).',
    fixes: {
      lambda: 'Pass the event on unchanged: rawQueryString, or the query maps, hold the query.',
    },
    part: 'query',
    mend: setFunction,
    *edits(subject) {
      yield* listLost(subject)
      yield* listMerged(subject)
    },
    compare: (seen, signed) =>
      compareQueries('lost', seen, signed, 'The query of the URL was lost on the way, or a part of it.'),
    suspect({ subject: { state }, tried }) {
      const hidden = tried === 0 ? [] : splitFields(state.url.query).filter(isHidden).map(readName)
      return hidden.length === 0
        ? undefined
        : {
            detail: `The value of ${showNames(hidden)} in the query looks like the mark of a log that hides it.`,
            fix: giveHidden,
          }
    },
  } satisfies CauseRow as Row,
  query_extra: {
    title: 'Something was added to the query',
    fix: 'Check the URL that Twilio requested, before anything adds to its query.',
    fixes: {
      azure: 'Put the function key into the URL that you configure at Twilio (?code=…): then Twilio signs it.',
    },
    part: 'query',
    mend: setFunction,
    edits({ state }) {
      const fields = splitFields(state.url.query)
      if (state.url.query === '?') return [dropEmpty]
      return fields.length <= mostFields ? listExtra(fields) : []
    },
    compare: (seen, signed) => compareQueries('added', seen, signed, 'The query has fields that Twilio did not sign.'),
  } satisfies CauseRow as Row,
  query_order: {
    title: 'The query in another order',
    fix: 'Pass the raw query, not one that was parsed and written again, or write the fields of the URL at Twilio in the order that arrives.',
    fixes: {
      lambda: 'Use HTTP APIs or Function URLs, whose rawQueryString keeps the order.',
    },
    part: 'query',
    mend: setFunction,
    *edits(subject) {
      for (const query of new Set(listQueries(subject))) {
        const fields = splitFields(query)
        if (fields.length <= mostFields) yield* listOrders(fields)
      }
    },
    compare: (seen, signed) => compareQueries('order', seen, signed, describeOrder(splitFields(seen.query))),
  } satisfies CauseRow as Row,
  query_encoding: {
    title: 'The query was re-encoded',
    fix: 'Pass the raw query, neither decoded nor encoded again. If the platform keeps none, write the query in the console as it arrives here.',
    fixes: {
      next: 'Use twilioWebhook of tollgate/next, or write the query in the console as new URLSearchParams writes it.',
      lambda: 'Use HTTP APIs or Function URLs. REST APIs decode the query.',
    },
    part: 'query',
    mend: setQuerySpelling,
    edits(subject) {
      return listSpellings(listQueries(subject).join(''))
    },
    compare: (seen, signed) =>
      compareQueries('spelling', seen, signed, 'Twilio signed the query in another spelling.') ??
      compareQueries(
        'changed',
        seen,
        signed,
        describeChanged(seen, signed),
        isMasked(seen, signed) ? givenHidden : passQuery,
      ),
    suspect: ({ subject, rejection }) => suspectDecoded('query', subject, rejection),
    rejections: { url_not_allowed: (subject, rejection) => suspectDecoded('query', subject, rejection) },
  } satisfies CauseRow as Row,
  query_counted_as_params: {
    title: 'Query parameters counted twice',
    fix: 'Pass only the parameters of the body (Express: req.body, for a GET {}). The signed URL already has the query.',
    part: 'params',
    edits: listCounted,
    changesParams: true,
  } satisfies CauseRow as Row,
}

/** Describes the difference of two queries, if it is of this kind. */
function compareQueries(
  kind: 'order' | 'spelling' | 'changed' | 'lost' | 'added',
  one: UrlParts,
  other: UrlParts,
  detail: string,
  fix?: string,
): Finding | undefined {
  if (one.query === other.query) return undefined
  const [seen, signed] = [splitFields(one.query), splitFields(other.query)]
  const sort = (fields: readonly string[]): string => [...fields].sort().join('&')
  const fold = (fields: readonly string[]): string => decodeAll(sort(fields).replaceAll('+', ' ')).toLowerCase()
  const isChanged = sort(seen) === sort(signed) ? 'order' : fold(seen) === fold(signed) ? 'spelling' : undefined
  const isSame = sort(seen.map(readName)) === sort(signed.map(readName)) ? 'changed' : undefined
  const found = isChanged ?? isSame ?? (signed.some((field) => !seen.includes(field)) ? 'lost' : 'added')
  return kind === found ? { detail, fix } : undefined
}

/** Checks if a log or a filter wrote a mark in place of the value of a field, or of its middle. */
function isHidden(field: string): boolean {
  const equals = field.indexOf('=')
  const value = equals === -1 ? '' : decodeAll(field.slice(equals + 1))
  return redacted.test(value) || /[*•]{3}|^x{3,}$/i.test(value)
}

/** Checks if each value that is another was hidden. */
function isMasked(one: UrlParts, other: UrlParts): boolean {
  const signed = splitFields(other.query)
  return splitFields(one.query).every((field) => signed.includes(field) || isHidden(field))
}

const giveHidden =
  'If a log hid it, give the URL of the Twilio console (--other-url URL). If not, let nothing hide values before the check.'
const givenHidden =
  'If a log hid it, the request is genuine for this URL and Auth Token. If not, let nothing hide values before the check.'

const passQuery = 'Let nothing on the way rewrite the query: pass it on as it arrived.'

/** Names the fields whose values are others. A name alone may be a key, so it is not shown. */
function describeChanged(one: UrlParts, other: UrlParts): string {
  const [seen, signed] = [splitFields(one.query), splitFields(other.query)]
  const changed = [...seen, ...signed].filter((field) => !(seen.includes(field) && signed.includes(field)))
  const names = [...new Set(changed.filter((field) => field.includes('=')).map(readName))]
  if (isMasked(one, other)) return `The query has a mark of a log in place of ${showNames(names)}.`
  return `The query was changed on the way: ${names.length === 1 ? 'the value' : 'the values'} of ${showNames(names)} ${names.length === 1 ? 'is another' : 'are others'}.`
}

function describeOrder({ length }: readonly string[]): string {
  return `Twilio signed the ${length} fields of the query in another order.`
}

/** More fields have too many orders. A GET webhook has about 25. */
const mostFields = 40

/** Servers refuse longer queries. */
const mostCharacters = 8000

const countedTwice = 'The parameters of the query are among those of the body. Twilio signs them only in the URL.'

/**
 * The query that this server sees, and those from before a rewrite, which may have been changed as
 * well.
 */
function listQueries({ state, evidence }: Subject): string[] {
  return [state.url.query, ...evidence.targets.slice(0, 2).map(({ value }) => value.query)]
}

/** If a framework merged query and form, the user's own fields are among Twilio's parameters. */
function* listMerged({ state, queryPairs }: Subject): Generator<Edit> {
  if (queryPairs.length > 0 || state.covers !== 'params' || !fitsQuery(state.pairs)) return
  const own = state.pairs.filter(([name]) => !isTwilioName(name))
  if (own.length === 0 || own.length === state.pairs.length) return
  const rest = state.pairs.filter((pair) => !own.includes(pair))
  const query = `?${serializeForm(own)}`
  yield {
    also: [{ id: 'query_counted_as_params' satisfies keyof typeof queryCauses, detail: countedTwice }],
    dimension: 'fields',
    cost: 2,
    apply: (one) => ({ ...one, pairs: rest, url: { ...one.url, query } }),
    detail: `The query was lost on the way: Twilio signed one with ${showNames(own.map(([name]) => name))}.`,
  }
}

function fitsQuery(pairs: Pairs): boolean {
  return pairs.length <= mostFields && countCharacters(pairs) <= mostCharacters
}

function* listLost({ state, evidence, hints }: Subject): Generator<Edit> {
  const seen = state.url.query
  const offered = new Set([seen])
  function* offer(query: string, cost: number, from: string): Generator<Edit> {
    const fix = from === ownTarget ? 'Let "signedUrl" return the query of the request too.' : undefined
    if (offered.has(query) || query.length > mostCharacters) return
    offered.add(query)
    const lost = splitFields(query).length - splitFields(seen).length
    yield {
      dimension: 'fields',
      cost,
      apply: editUrl('query', () => query),
      detail: `The query was lost on the way: Twilio signed one with ${lost} more field${lost === 1 ? '' : 's'} (${from}).`,
      fix,
    }
  }
  for (const { value, from } of [...evidence.targets, ...hints.targets])
    if (splitFields(value.query).length > splitFields(seen).length) yield* offer(value.query, 1, from)
}

// Fields that hosts, tunnels and browsers add.
const added =
  /^(utm_|x-|_|ngrok|fbclid|gclid|slug|path|proxy|route|rest|all|code$|clientid$|nxtp|index$|t$|ts$|timestamp$|cache|v$|request|trace|source$)/i

const emptyField: Finding = {
  detail: 'The query has an "&" that no field follows, which Twilio did not sign.',
  fix: 'Let nothing on the way add "&" to the query.',
}

const dropEmpty: Edit = {
  dimension: 'fields',
  cost: 1,
  apply: editUrl('query', (query) => (query === '?' ? '' : undefined)),
  detail: 'The URL has a "?" at its end, without a query, which Twilio did not sign.',
  fix: 'Let the proxy add "?" only before a query (nginx: $is_args$args instead of ?$args).',
}

function* listExtra(fields: readonly string[]): Generator<Edit> {
  const half = fields.slice(0, fields.length / 2)
  if (half.length * 2 === fields.length && half.join('&') === fields.slice(half.length).join('&'))
    yield {
      dimension: 'fields',
      cost: 1,
      apply: editUrl('query', () => joinFields(half)),
      detail: 'The query is there twice.',
      fix: 'Let the proxy append the query once (nginx: end the replacement of rewrite with "?", or leave $args out of it).',
    }
  const offer = (kept: readonly string[], gone: readonly string[], cost: number): Edit => ({
    dimension: 'fields',
    cost,
    apply: editUrl('query', () => joinFields(kept)),
    ...(gone.join('') === '' ? emptyField : nameExtra(gone)),
  })
  const nameExtra = (gone: readonly string[]): Finding => ({
    fix: `Let nothing on the way add ${showNames(gone.map(readName))} to the query. If it has to stay, return the URL without it from "signedUrl".`,
    detail: `The query has ${gone.map((field) => `"${showName(readName(field))}"`).join(', ')}, which Twilio did not sign.`,
  })
  const known = fields.filter((field) => !added.test(readName(field)))
  if (known.length < fields.length)
    yield offer(
      known,
      fields.filter((field) => !known.includes(field)),
      1,
    )
  for (let start = 0; start < fields.length; start++)
    for (let end = start + 1; end <= fields.length; end++) {
      const atEdge = end === fields.length || start === 0
      const isLast = start === fields.length - 1 && !isTwilioName(readName(fields[start] ?? ''))
      const cost =
        (isLast ? 1 : atEdge ? 2 : 4) + (end - start > 3 ? 2 : end - start > 1 ? 1 : 0) + (fields.length > 12 ? 1 : 0)
      yield offer([...fields.slice(0, start), ...fields.slice(end)], fields.slice(start, end), cost)
    }
}

/** Lists the orders of the fields that Twilio may have signed. */
function* listOrders(fields: readonly string[]): Generator<Edit> {
  if (fields.length < 2) return
  const offered = new Set([fields.join('&')])
  function* offer(order: readonly string[], cost: number): Generator<Edit> {
    const key = order.join('&')
    if (offered.has(key)) return
    offered.add(key)
    // An edit before this one may drop fields. The others keep the order.
    const rank = new Map(order.map((field, index) => [field, index]))
    yield {
      dimension: 'order',
      cost,
      apply: editUrl('query', (query) => joinFields(sortBy(splitFields(query), (field) => rank.get(field) ?? -1))),
      detail: describeOrder(fields),
    }
  }
  const own = fields.filter((field) => !isTwilioName(readName(field)) && readName(field) !== 'bodySHA256')
  const hash = fields.filter((field) => readName(field) === 'bodySHA256')
  const twilios = fields.filter((field) => !own.includes(field) && !hash.includes(field))
  const kind = kindOf(new Map(fields.map((field) => [readName(field), decodeAll(field.replace(/^[^=]*=?/, ''))])))
  const wire = new Map((kind ? kinds[kind].parameters : []).map(({ name }, index) => [name, index]))
  const inWireOrder = sortBy(twilios, (field) => wire.get(readName(field)) ?? 99)
  for (const owns of [own, [...own].reverse(), [...own].sort()])
    for (const rest of [twilios, inWireOrder]) yield* offer([...owns, ...rest, ...hash], 1)
  // If the query was sorted, fields of the user's own may have names of Twilio's, such as Digits.
  if (fields.every((field, index) => index === 0 || (fields[index - 1] ?? '') <= field))
    for (const field of twilios)
      for (const list of [twilios, inWireOrder]) {
        const rest = list.filter((one) => one !== field)
        yield* offer([field, ...own, ...rest, ...hash], 3)
        yield* offer([...own, ...rest, field, ...hash], 3)
      }
  yield* offer([...fields].reverse(), 2)
  yield* offer([...fields].sort(), 2)
  yield* offer([...fields.slice(-1), ...fields.slice(0, -1)], 2)
  if (own.length > 2 && own.length <= 5)
    for (const owns of permute(own))
      for (const rest of [twilios, inWireOrder]) yield* offer([...owns, ...rest, ...hash], own.length - 2)
  if (fields.length <= 5) for (const order of permute(fields)) yield* offer(order, 4)
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

function* listSpellings(seen: string): Generator<Edit> {
  const offer = (spell: (query: string) => string | undefined, cost: number, what: string): Edit => ({
    dimension: 'encoding',
    cost,
    apply: editUrl('query', (query) => (query.length > mostCharacters ? undefined : spell(query))),
    detail: `The query was re-encoded on the way: Twilio signed it ${what}.`,
  })
  yield {
    ...offer((query) => query.replace(/%40/g, '@').replace(/%3A/gi, ':'), 1, ''),
    detail: 'Twilio signed @ and : of the query as they are, as it may with SIP addresses, and they arrived escaped.',
    fix: 'Let Twilio call this URL with POST, whose parameters are no part of the URL, or let nothing on the way escape the query.',
  }
  yield offer((query) => query.replaceAll('%20', '+'), 1, 'with "+" for spaces')
  yield offer((query) => query.replaceAll('+', '%20'), 1, 'with %20 for spaces')
  yield offer((query) => serialize(query), 1, 'as in forms')
  for (const [what, encode] of escapers)
    for (const [hexCase, inCase] of hexCases)
      for (const space of ['%20', '+'])
        yield offer(
          (query) => inCase(respell(query, encode, space)),
          hexCase.includes('upper') ? 1 : 3,
          `${what}, ${hexCase}`,
        )
  yield offer((query) => decodeAll(query), 2, 'decoded')
  for (const [what, inCase] of hexCases) yield offer(inCase, 1, what)
  for (const start of ['[?&]', '=', '[?&=]'])
    yield offer((query) => capitalise(query, start), 5, 'with capital letters')
  for (const [what, toggle] of listToggles(seen, '+:@,/!*()\'~;$?|[]{}<>-_. "^`\\#=')) yield offer(toggle, 2, what)
  yield offer((query) => query.replace(/=(?=&|$)/g, ''), 2, 'without "=" after empty fields')
}

/** Writes the words behind some characters with a capital, and escapes as most programs do. */
function capitalise(query: string, start: string): string {
  const word = new RegExp(`(${start}|(?<=${start}[^?&=]*)(?:%[0-9a-f]{2}|[-_.+/]))([a-z])`, 'gi')
  return query
    .replace(word, (_, before: string, letter: string) => before + letter.toUpperCase())
    .replace(/%[0-9a-f]{2}/gi, (hex) => hex.toUpperCase())
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

/** Removes the parameters of the query from those of the body. */
function* listCounted({ state, queryPairs, looksLikeJson, formPairs }: Subject): Generator<Edit> {
  if (queryPairs.length === 0 || looksLikeJson || (state.pairs.length === 0 && formPairs.length === 0)) return
  const ofQuery = new Set(queryPairs.map((pair) => JSON.stringify(pair)))
  yield {
    dimension: 'counted',
    cost: 1,
    apply: editPairs((pairs) => {
      const kept = pairs.filter((pair) => !ofQuery.has(JSON.stringify(pair)))
      return kept.length === pairs.length ? undefined : kept
    }),
    detail: countedTwice,
  }
}
