import type { Pairs } from '../scheme/form.ts'
import { type ChangeValue, editValues } from './edit-values.ts'
import type { Edit } from './state.ts'
import { listTextNames } from './text-names.ts'

/** Forms that were decoded twice, or not at all. */
export function* listDecodings(pairs: Pairs): Generator<Edit> {
  const offer = (cost: number, change: ChangeValue, detail: string, changeName?: (name: string) => string): Edit => ({
    cause: 'params_plus_as_space',
    dimension: 'plus',
    cost,
    apply: editValues(change, changeName),
    detail,
  })
  const twice = 'A "+" was read as a space: the form was decoded twice, or written without encoding.'
  yield offer(1, restorePlus, twice)
  yield offer(2, (value) => restorePlus(value).replace(/ {3}/g, ' + '), twice)
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
    yield offer(3, (value, one) => (one === name ? value.replaceAll(' ', '+') : restorePlus(value)), twice)
    yield offer(3, (value, one) => (one === name ? value.replaceAll('+', ' ') : value), none)
    for (const [, value] of pairs.filter(([one]) => one === name))
      for (const position of findAll(value, ' '))
        yield offer(4, (text, one) => (one === name ? replaceAt(text, position, '+') : restorePlus(text)), twice)
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
