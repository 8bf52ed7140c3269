import type { JoinText } from './attempt.ts'
import type { Edit, State } from './state.ts'
import type { Work } from './work.ts'

interface Likely {
  readonly state: State
  readonly edits: readonly Edit[]
  readonly work: Work
}

/** Whether anything that can be a token is at hand: with an AccountSid or the SID of an API key nothing was ever signed. */
export function hasUsableKey({ state, edits, work }: Likely): boolean {
  const states = [state, ...edits.filter(({ dimension }) => dimension === 'key').map((edit) => edit.apply(state, work))]
  return states.some((one) => one?.keys.some(({ secret }) => !/^\W*((SK|AC)[0-9a-f]{32})?\W*$/i.test(secret)))
}

/** One that changes nothing by itself may do so after another, but seldom. */
const costOfIdle = 2

/** What pruning may take of the budget: it only saves the search from trying the same twice. */
const shareOfPruning = 3 / 8

/** Without edits that have the same result as a likelier one. */
export async function prune({ edits, state, work }: Likely, joinText: JoinText): Promise<readonly Edit[]> {
  const seen = new Set<string>()
  // What a body was taken for decides whether there are parameters to edit at all.
  const bases = edits.filter(({ dimension }) => dimension === 'source').flatMap((one) => one.apply(state, work) ?? [])
  const pruneOne = (edit: Edit): Edit | undefined => {
    const edited = edit.apply(state, work)
    if (edited === undefined) {
      if (bases.slice(0, 4).some((base) => edit.apply(base, work) !== undefined)) return edit
      return edit.dimension === 'key' ? undefined : { ...edit, cost: edit.cost + costOfIdle }
    }
    const { url, pairs, keys, covers, fragment } = edited
    if (pairs.length > 200 || keys !== state.keys || covers !== state.covers) return edit
    const { scheme, userinfo, host, port, path, query } = url
    const parts = JSON.stringify([edit.dimension, scheme, userinfo, host, port, path, query, fragment])
    const key = pairs === state.pairs ? parts : parts + joinText(pairs)
    work.spend(key.length)
    if (seen.has(key)) return undefined
    seen.add(key)
    return edit
  }
  const kept: Edit[] = []
  for (const edit of [...edits].sort((one, other) => one.cost - other.cost)) {
    if (work.isDue()) await work.pause()
    const pruned = work.isSpent(shareOfPruning) ? edit : pruneOne(edit)
    if (pruned !== undefined) kept.push(pruned)
  }
  return kept
}
