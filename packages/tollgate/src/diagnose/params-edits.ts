import { parseForm } from '../scheme/form.ts'
import type { Pairs } from '../scheme/signing-string.ts'
import { listBlankEdits } from './blank-edits.ts'
import { looksLikeJson } from './body-edits.ts'
import { showName } from './mask.ts'
import { listNestings } from './parsed-params.ts'
import { type Edit, editPairs } from './state.ts'
import type { Subject } from './subject.ts'
import { freeText, listTextNames, showNames } from './text-names.ts'

/** Beyond it every edit costs more than it tells: Twilio's largest webhooks have some 40. */
const mostPairs = 200

/** What frameworks and middleware do to parameters. */
export function* listParamsEdits(subject: Subject): Generator<Edit> {
  yield* listNestingEdits(subject)
  // JSON makes garbage of a form, and nothing of that was signed.
  if (looksLikeJson(subject.body)) return
  const pairs = readPairs(subject)
  const basis: Subject = { ...subject, state: { ...subject.state, pairs } }
  yield* listCounted(basis)
  if (pairs.length === 0 || pairs.length > mostPairs) return
  yield* listDots(pairs)
  yield* listNulls(pairs)
  yield* listSpaces(pairs)
  yield* listTrims(pairs)
  yield* listRepeats(pairs)
  yield* listBlankEdits(basis)
}

/** The parameters, those of a form that is not taken for one included. */
function readPairs({ state, isForm, body, method }: Subject): Pairs {
  if (state.pairs.length > 0 || isForm || body === undefined || method === 'GET') return state.pairs
  return parseForm(body) ?? []
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

type ChangeValue = (value: string, name: string) => string

/** Applies a change to values (and names); `undefined` where nothing differs. */
function editValues(change: ChangeValue, changeName: (name: string) => string = (name) => name): Edit['apply'] {
  return editPairs((pairs) => {
    let changed = false
    const result = pairs.map(([name, value]): readonly [string, string] => {
      const pair = [changeName(name), change(value, name)] as const
      changed ||= pair[0] !== name || pair[1] !== value
      return pair
    })
    return changed ? result : undefined
  })
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

function* listSpaces(pairs: Pairs): Generator<Edit> {
  const offer = (cost: number, change: ChangeValue, detail: string, changeName?: (name: string) => string): Edit => ({
    cause: 'params_plus_as_space',
    dimension: 'plus',
    cost,
    apply: editValues(change, changeName),
    detail,
  })
  const twice = 'A "+" was read as a space: the form was decoded twice, or written without encoding.'
  yield offer(1, restorePlus, twice)
  // A parameter that is itself encoded JSON, such as CallToken, came out as plain JSON.
  yield offer(2, (value) => (/^[{[]/.test(value) ? encodeValue(value) : restorePlus(value)), twice)
  yield offer(1, (value) => value.replaceAll(' ', '+'), twice)
  yield offer(
    2,
    (value) => (/^ \d+$/.test(value) ? value.replace(' ', '+') : value.replace(/(\S) (?=\S)/g, '$1+')),
    twice,
  )
  const none = 'A space came as "+": the form was not decoded.'
  yield offer(1, (value) => value.replaceAll('+', ' '), none)
  yield offer(1, (value) => (/^(\w+:)?\+\d+$/.test(value) ? value : value.replaceAll('+', ' ')), none)
  yield offer(1, decodeField, 'Values came percent-encoded: the form was not decoded.', decodeField)
  yield offer(
    1,
    decodePercent,
    'Values came percent-encoded: the form was not decoded, or encoded twice.',
    decodePercent,
  )
  yield offer(2, (value) => decodeField(decodeField(value)), 'Values came encoded twice.')
  yield offer(2, encodeValue, 'Values were decoded twice: what had looked like an escape is gone.')
  yield offer(
    3,
    (value) => value.replaceAll('%', '%25'),
    'Values were decoded twice: what had looked like an escape is gone.',
  )
  for (const name of listTextNames(pairs)) {
    yield offer(2, (value, one) => (one === name ? value.replaceAll(' ', '+') : value), twice)
    yield offer(3, (value, one) => (one === name ? value.replaceAll(' ', '+') : value.replace(/^ (?=\d)/, '+')), twice)
    yield offer(3, (value, one) => (one === name ? value.replaceAll('+', ' ') : value), none)
    for (const [, value] of pairs.filter(([one]) => one === name))
      for (const position of findAll(value, ' '))
        yield offer(
          4,
          (text, one) => (one === name ? replaceAt(text, position, '+') : text.replace(/^ (?=\d)/, '+')),
          twice,
        )
  }
}

/** The plus of phone numbers, of addresses such as `whatsapp:+1415…`, and of a date's time zone. */
function restorePlus(value: string): string {
  return value
    .replace(/^ (?=\d)/, '+')
    .replace(/: (?=\d)/, ':+')
    .replace(/ {2}(?=\d{4}$)/, ' +')
}

function* findAll(text: string, character: string): Generator<number> {
  let count = 0
  for (let at = text.indexOf(character); at !== -1 && count < 12; at = text.indexOf(character, at + 1), count++)
    yield at
}

function replaceAt(text: string, position: number, character: string): string {
  return text[position] === ' ' ? text.slice(0, position) + character + text.slice(position + 1) : text
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function decodeField(text: string): string {
  return decodePercent(text.replaceAll('+', ' '))
}

function encodeValue(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}

const spaces = ['', ' ', '  ', '   ', '\n', '\r\n', '\t', '\u00a0']
const allEnds = spaces.flatMap((before) => spaces.map((after) => [before, after] as const)).slice(1)
const usualEnds: typeof allEnds = [
  ['', ' '],
  [' ', ''],
  [' ', ' '],
  ['', '\n'],
]

function* listTrims(pairs: Pairs): Generator<Edit> {
  const offer = (cost: number, change: ChangeValue, name: string): Edit => ({
    cause: 'params_trimmed',
    dimension: 'trim',
    cost,
    apply: editValues((value, one) => (one === name ? change(value, one) : value)),
    detail: `The value of "${showName(name)}" lost white space at its ends.`,
  })
  const text = listTextNames(pairs)
  for (const name of text) {
    const isLikely = name === 'Body' || name === 'SpeechResult' || text.length === 1
    for (const [before, after] of isLikely ? allEnds : usualEnds) {
      const isRare = before.length + after.length > 2 || /[^ ]/.test(before + after)
      yield offer((isLikely ? 1 : 3) + (isRare ? 2 : 0), (value) => before + value + after, name)
    }
  }
  const rest = [...new Set(pairs.map(([name]) => name))].filter((name) => !text.includes(name)).slice(0, 60)
  for (const name of rest)
    for (const [before, after] of [
      ['', ' '],
      [' ', ''],
      [' ', ' '],
      ['', '\n'],
    ] as const)
      yield offer(4, (value) => before + value + after, name)
  yield {
    ...offer(2, (value) => value, ''),
    apply: editValues((value) => (/^\d{7,15}$/.test(value) ? ` ${value}` : value)),
    detail: 'White space in front of phone numbers was trimmed.',
  }
  for (const [from, to] of [
    ['\n', '\r\n'],
    ['\r\n', '\n'],
    ['\r', '\n'],
  ] as const)
    yield {
      cause: 'body_whitespace',
      dimension: 'trim',
      cost: 2,
      apply: editValues((value) => value.replaceAll('\r\n', '\n').replaceAll('\n', from === '\n' ? to : '\n')),
      detail: 'Line breaks in the values were changed between LF and CRLF.',
    }
}

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
      yield offer(1, name, (text) => text.split(','))
      yield offer(2, name, (text) => text.split(/,\s*/))
    }
    if (/^\[.*\]$/s.test(value)) yield offer(1, name, (text) => readJsonList(text) ?? [text])
    if (/[;| \n]/.test(value) && !freeText.test(name)) yield offer(4, name, (text) => text.split(/[;| \n]+/))
  }
  const addresses = [
    ...new Set(pairs.filter(([, value]) => /^(\w+:)?\+\d{6,15}$/.test(value)).map(([, value]) => value)),
  ]
  for (const name of names.filter((one) => /Address|Field_/.test(one)))
    for (const address of addresses) yield offer(3, name, (value) => [value, address])
}

function readJsonList(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : undefined
  } catch {
    return undefined
  }
}
