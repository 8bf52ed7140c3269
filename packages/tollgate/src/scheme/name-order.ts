// Webhooks of a kind repeat their parameters in one order, and sorting them costs as much as an HMAC: the order in which so many
// names were sorted last is tried first. It is a list of indices, so that nothing of a request is kept, and it counts only where
// it does sort the names at hand: what a hostile request leaves behind costs the next one its sorting, and nothing else.
const lastOrders: (readonly number[] | undefined)[] = []
/** The longest list whose order is kept. Webhooks have fewer names. */
export const mostNames = 64

/**
 * The indices of names in the names' order (by UTF-16 code unit).
 * @returns `undefined` where names repeat, or where there are more than `mostNames`
 */
export function orderNames(names: readonly string[]): readonly number[] | undefined {
  if (names.length > mostNames) return undefined
  const last = lastOrders[names.length]
  if (last !== undefined && isAscending(names, last)) return last
  // Equal names need no case of their own: the check below finds them.
  const order = [...names.keys()].sort((one, other) => ((names[one] as string) < (names[other] as string) ? -1 : 1))
  if (!isAscending(names, order)) return undefined
  lastOrders[names.length] = order
  return order
}

function isAscending(names: readonly string[], order: readonly number[]): boolean {
  for (let rank = 1; rank < order.length; rank++)
    if (!((names[order[rank - 1] as number] as string) < (names[order[rank] as number] as string))) return false
  return true
}
