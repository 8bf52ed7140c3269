import { sharedLists } from './lists/shared.ts'

/** Holds for a delivery that has all of `has`, none of `lacks`, and whose values match. */
export interface KindRule {
  readonly has: readonly string[]
  readonly lacks?: readonly string[]
  readonly matches?: Readonly<Record<string, RegExp>>
}

/** A parameter; `{N}` in its name stands for an index from 0, a final `*` for any ending. */
interface KindParameter {
  readonly name: string
  /** Twilio sends it with every delivery of the kind, though perhaps empty. */
  readonly always: boolean
}

export interface KindRow {
  /** What Twilio uses unless configured otherwise; most forms may also come as a GET's query. */
  readonly method: 'GET' | 'POST'
  readonly body: 'form' | 'query' | 'json' | 'handshake'
  /** Over the parameters, or over the fields of the (first) JSON object. Absent: nothing in the delivery tells. */
  readonly rule?: KindRule
  /** False only where Twilio never sends the same bytes twice, but for a retry of a failed delivery. */
  readonly mayRepeat: boolean
  /** In wire order. For JSON: the fields of the (first) object. */
  readonly parameters: readonly KindParameter[]
}

type Repeats = 'may repeat' | 'never repeats'

export function form(lists: readonly string[], repeats: Repeats, rule: KindRule): KindRow {
  return { method: 'POST', body: 'form', rule, mayRepeat: repeats === 'may repeat', parameters: parseLists(lists) }
}

export function json(lists: readonly string[], repeats: Repeats, rule?: KindRule): KindRow {
  const mayRepeat = repeats === 'may repeat'
  const row: KindRow = { method: 'POST', body: 'json', mayRepeat, parameters: parseLists(lists) }
  return rule ? { ...row, rule } : row
}

/** "Name Other? ...shared": a question mark follows what is sent only sometimes, `...` takes in a shared list. */
function parseLists(lists: readonly string[]): readonly KindParameter[] {
  return lists
    .flatMap((list) => list.split(' '))
    .flatMap((word) => {
      if (word.startsWith('...')) return parseLists(sharedLists[word.slice(3) as keyof typeof sharedLists])
      return [{ name: word.replace(/\?$/, ''), always: !word.endsWith('?') }]
    })
}
