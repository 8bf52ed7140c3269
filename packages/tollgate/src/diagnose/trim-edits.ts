import type { Pairs } from '../scheme/form.ts'
import { type ChangeValue, editValues } from './edit-values.ts'
import { showName } from './mask.ts'
import type { Edit } from './state.ts'
import { listTextNames } from './text-names.ts'

const spaces = ['', ' ', '  ', '   ', '\n', '\r\n', '\t', '\u00a0']
const allEnds = spaces.flatMap((before) => spaces.map((after) => [before, after] as const)).slice(1)
const usualEnds: typeof allEnds = [
  ['', ' '],
  [' ', ''],
  [' ', ' '],
  ['', '\n'],
]

/** White space that values lost, and line breaks that were changed. */
export function* listTrims(pairs: Pairs): Generator<Edit> {
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
