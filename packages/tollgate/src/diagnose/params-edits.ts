import type { Pairs } from '../scheme/form.ts'
import { listBlankEdits } from './blank-edits.ts'
import { looksLikeJson } from './body-edits.ts'
import { listDecodings } from './decoding-edits.ts'
import { editValues } from './edit-values.ts'
import { parseFormBody } from './form-body.ts'
import { showName } from './mask.ts'
import { listNestings } from './parsed-params.ts'
import { countCharacters, type Edit, editPairs } from './state.ts'
import type { Subject } from './subject.ts'
import { freeText, showNames } from './text-names.ts'
import { listTrims } from './trim-edits.ts'

// Beyond them every edit costs more than it tells: Twilio's largest webhooks have some 40 parameters, and a few kilobytes.
const mostPairs = 200
const mostCharacters = 64 * 1024

/** What frameworks and middleware do to parameters. */
export function* listParamsEdits(subject: Subject): Generator<Edit> {
  yield* listNestingEdits(subject)
  // JSON makes garbage of a form, and nothing of that was signed.
  if (looksLikeJson(subject.body)) return
  const pairs = readPairs(subject)
  const basis: Subject = { ...subject, state: { ...subject.state, pairs } }
  yield* listCounted(basis)
  if (pairs.length === 0 || pairs.length > mostPairs || countCharacters(pairs) > mostCharacters) return
  yield* listDots(pairs)
  yield* listNulls(pairs)
  yield* listDecodings(pairs)
  yield* listTrims(pairs)
  yield* listRepeats(pairs)
  yield* listBlankEdits(basis)
}

/** The parameters, those of a form that is not taken for one included. */
function readPairs({ state, isForm, body, method }: Subject): Pairs {
  if (state.pairs.length > 0 || isForm || body === undefined || method === 'GET') return state.pairs
  return parseFormBody(body) ?? []
}

function* listNestingEdits({ parsed, state }: Subject): Generator<Edit> {
  if (state.covers !== 'params') return
  for (const [index, { pairs, what }] of listNestings(parsed).entries())
    yield {
      cause: 'params_nested',
      dimension: 'source',
      cost: index < 2 ? 1 : 2,
      apply: (state) => ({ ...state, pairs }),
      detail: `A parser made objects or arrays of parameter names: Twilio signed them ${what}.`,
    }
}

/** PHP, and what imitates it, makes an underscore of a dot in a name. */
function* listDots(pairs: Pairs): Generator<Edit> {
  if (!pairs.some(([name]) => /^MessagingBinding_/.test(name))) return
  yield {
    cause: 'params_nested',
    dimension: 'source',
    cost: 1,
    apply: editValues(
      (value) => value,
      (name) => name.replace(/^MessagingBinding_/, 'MessagingBinding.'),
    ),
    detail: 'A parser changed the dots in parameter names to underscores.',
  }
}

function* listCounted({ state, method, handshake, queryPairs }: Subject): Generator<Edit> {
  if (queryPairs.length === 0) return
  const ofQuery = new Set(queryPairs.map((pair) => JSON.stringify(pair)))
  const names = new Set(queryPairs.map(([name]) => name))
  const detail = 'The parameters of the query were counted among those of the body; Twilio signs them in the URL alone.'
  const offer = (cost: number, change: (pairs: Pairs) => Pairs): Edit => ({
    cause: 'query_counted_as_params',
    dimension: 'counted',
    cost,
    apply: editPairs((pairs) => {
      const kept = change(pairs)
      return kept.length === pairs.length ? undefined : kept
    }),
    detail,
  })
  if (state.pairs.length === 0) return
  yield offer(1, (pairs) => pairs.filter((pair) => !ofQuery.has(JSON.stringify(pair))))
  yield offer(2, (pairs) => pairs.filter(([name]) => !names.has(name)))
  if (method === 'GET' || handshake) yield offer(2, () => [])
}

function* listNulls(pairs: Pairs): Generator<Edit> {
  const isNull = /^(null|undefined|none|nil|nan|\(null\)|<null>)$/i
  const names = pairs.filter(([, value]) => isNull.test(value)).map(([name]) => name)
  const offer = (only: readonly string[], cost: number): Edit => ({
    cause: 'params_null',
    dimension: 'null',
    cost,
    apply: editValues((value, name) => (only.includes(name) && isNull.test(value) ? '' : value)),
    detail: `${showNames(only)} came as "null" or the like; Twilio signed a blank.`,
  })
  if (names.length === 0) return
  yield offer(names, 1)
  if (names.length > 1 && names.length <= 20) for (const name of names) yield offer([name], 2)
}

/** The members of a group message; the names of their parameters. */
const mostRepeated = 10

function* listRepeats(pairs: Pairs): Generator<Edit> {
  const offer = (cost: number, name: string, more: (value: string) => readonly string[]): Edit => ({
    cause: 'params_repeats_dropped',
    dimension: 'repeats',
    cost,
    apply: editPairs((all) => {
      const result = all.flatMap((pair) =>
        pair[0] === name ? more(pair[1]).map((value) => [name, value] as const) : [pair],
      )
      return result.length === all.length ? undefined : result
    }),
    detail: `"${showName(name)}" was sent several times, and only one value, or all in one, was kept.`,
  })
  const names = [...new Set(pairs.map(([name]) => name))]
  for (const name of names.slice(0, 60)) {
    const value = pairs.find((pair) => pair[0] === name)?.[1] ?? ''
    if (value.includes(',')) {
      yield offer(1, name, (text) => splitList(text, ','))
      yield offer(2, name, (text) => splitList(text, /,\s*/))
    }
    if (/^\[.*\]$/s.test(value)) yield offer(1, name, (text) => readJsonList(text) ?? [text])
    if (/[;| \n]/.test(value) && !freeText.test(name)) yield offer(4, name, (text) => splitList(text, /[;| \n]+/))
  }
  const addresses = [
    ...new Set(pairs.filter(([, value]) => /^(\w+:)?\+\d{6,15}$/.test(value)).map(([, value]) => value)),
  ]
  for (const name of names.filter((one) => /Address|Field_/.test(one)).slice(0, mostRepeated))
    for (const address of addresses.slice(0, mostRepeated)) yield offer(3, name, (value) => [value, address])
}

/** The values of a list that somebody joined; as it was where no webhook repeats a parameter so often. */
function splitList(text: string, separator: string | RegExp): readonly string[] {
  const values = text.split(separator, mostPairs + 1)
  return values.length > mostPairs ? [text] : values
}

function readJsonList(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.length <= mostPairs && list.every((one) => typeof one === 'string')
      ? list
      : undefined
  } catch {
    return undefined
  }
}
