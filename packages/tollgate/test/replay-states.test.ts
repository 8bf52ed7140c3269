import { expect, test } from 'vitest'
import { memoryStore, type ReserveOutcome } from '../src/replay/index.ts'

// All orders in which three attempts at one delivery can reserve, confirm, release, crash and outlive
// their leases. A store keeps no other state than that of its keys, so this covers every race.

const leaseMs = 10
const ttlMs = 1_000_000

/** How the work of an attempt ends. After a crash nothing is reported. */
type End = 'confirm' | 'release' | 'crash'
/** The index of an attempt that takes its next step, or the end of all leases. */
type Step = number | 'expire'

interface Attempt {
  readonly isDoubtful: boolean
  readonly end: End
}

const ends: readonly End[] = ['confirm', 'release', 'crash']
const all: readonly Attempt[] = ends.flatMap((end) => [false, true].map((isDoubtful) => ({ isDoubtful, end })))

/**
 * Lists all orders of the steps: two of each attempt, and some ends of the leases. The attempts begin in
 * their order, because they are listed with every kind and end.
 */
function listOrders(left: readonly number[], expiries: number): Step[][] {
  const isDone = left.every((count) => count === 0)
  const orders: Step[][] = isDone ? [[]] : []
  for (const [index, count] of left.entries())
    if (count > 0 && left.slice(0, index).every((before) => before < 2))
      for (const rest of listOrders(left.with(index, count - 1), expiries)) orders.push([index, ...rest])
  if (expiries > 0 && !isDone) for (const rest of listOrders(left, expiries - 1)) orders.push(['expire', ...rest])
  return orders
}

/** Plays one order, and returns the first rule that it breaks. */
function play(attempts: readonly Attempt[], order: readonly Step[]): string | undefined {
  const clock = { time: 0 }
  const store = memoryStore({ now: () => clock.time })
  const outcomes: (ReserveOutcome | undefined)[] = attempts.map(() => undefined)
  // The attempt that has the lease, those that ended with success, and the one that is remembered.
  let holder: number | undefined
  let remembered: number | undefined
  const takes = (index: number, other: number | undefined): boolean =>
    other === undefined || (attempts[other]?.isDoubtful === true && !attempts[index]?.isDoubtful)
  for (const step of order) {
    if (step === 'expire') {
      clock.time += leaseMs
      holder = undefined
      continue
    }
    const { isDoubtful, end } = attempts[step] as Attempt
    const described = { token: `t${step}`, kind: `kind of ${step}`, isDoubtful }
    if (outcomes[step] === undefined) {
      const outcome = store.reserve('key', { leaseMs, ...described }) as ReserveOutcome
      outcomes[step] = outcome
      const isFree = takes(step, holder) && takes(step, remembered)
      if (isFree !== (outcome === 'reserved')) return `reserved: ${JSON.stringify(outcome)}`
      if (holder !== undefined && !isFree && outcome !== 'pending') return 'a pending delivery counts as handled'
      if (typeof outcome === 'object' && remembered === undefined) return 'seen, but not handled'
      if (isFree) {
        holder = step
        remembered = undefined
      }
    } else if (outcomes[step] === 'reserved' && end === 'confirm') {
      store.confirm('key', { ttlMs, ...described })
      if ((holder === step || takes(step, holder)) && (remembered === step || takes(step, remembered))) {
        remembered = step
        holder = undefined
      }
    } else if (outcomes[step] === 'reserved' && end === 'release') {
      store.release('key', described.token)
      if (holder === step) holder = undefined
      if (remembered === step) remembered = undefined
    }
  }
  // A copy that arrives after everything.
  clock.time += leaseMs
  const copy = store.reserve('key', { leaseMs, token: 'copy', kind: 'copy', isDoubtful: true }) as ReserveOutcome
  const expected = remembered === undefined ? 'reserved' : { seen: `kind of ${remembered}` }
  return JSON.stringify(copy) === JSON.stringify(expected) ? undefined : `a later copy: ${JSON.stringify(copy)}`
}

test('three attempts at one delivery, in every order', () => {
  const orders = listOrders([2, 2, 2], 2)
  const broken: string[] = []
  let played = 0
  for (const first of all)
    for (const second of all)
      for (const third of all)
        for (const order of orders) {
          const rule = play([first, second, third], order)
          played++
          if (rule !== undefined && broken.length < 5)
            broken.push(`${rule}: ${JSON.stringify([first, second, third])} ${order.join(' ')}`)
        }
  expect(broken).toEqual([])
  expect(played).toBe(216 * orders.length)
})
