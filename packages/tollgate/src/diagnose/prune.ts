import { joinPairs } from '../scheme/signing-string.ts'
import type { Edit, State } from './state.ts'

interface Likely {
  readonly state: State
  readonly edits: readonly Edit[]
}

/** Whether anything that can be a token is at hand: with an AccountSid or the SID of an API key nothing was ever signed. */
export function hasUsableKey({ state, edits }: Likely): boolean {
  const states = [state, ...edits.filter(({ dimension }) => dimension === 'key').map((edit) => edit.apply(state))]
  return states.some((one) => one?.keys.some(({ secret }) => !/^\W*((SK|AC)[0-9a-f]{32})?\W*$/i.test(secret)))
}

/** One that changes nothing by itself may do so after another, but seldom. */
const costOfIdle = 2

/** Without edits that come to the same as an earlier one. */
export function prune({ edits, state }: Likely): Edit[] {
  const seen = new Set<string>()
  // What a body was taken for decides whether there are parameters to edit at all.
  const bases = [
    state,
    ...edits.filter(({ dimension }) => dimension === 'source').flatMap((one) => one.apply(state) ?? []),
  ]
  return edits.flatMap((edit) => {
    const edited = edit.apply(state)
    if (edited === undefined && bases.slice(1, 5).some((base) => edit.apply(base) !== undefined)) return [edit]
    if (edited === undefined) return edit.dimension === 'key' ? [] : [{ ...edit, cost: edit.cost + costOfIdle }]
    const { url, pairs, keys, covers, fragment } = edited
    if (pairs.length > 200 || keys !== state.keys || covers !== state.covers) return [edit]
    const { scheme, userinfo, host, port, path, query } = url
    const parts = [edit.dimension, scheme, userinfo, host, port, path, query, fragment]
    const key = JSON.stringify(pairs === state.pairs ? parts : [...parts, joinPairs(pairs)])
    if (seen.has(key)) return []
    seen.add(key)
    return [edit]
  })
}
