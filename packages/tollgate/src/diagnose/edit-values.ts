import { type Edit, editPairs } from './state.ts'

export type ChangeValue = (value: string, name: string) => string

/** Applies a change to values (and names); `undefined` where nothing differs. */
export function editValues(change: ChangeValue, changeName: (name: string) => string = (name) => name): Edit['apply'] {
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
