import { type ConformCase, type ConformCause, conformCauses } from './cases.ts'

/**
 * - `wrong`: a genuine request was refused, or a forged one accepted
 * - `expected`: the same, but `--accept` names the case
 * - `limit`: a request was accepted that the scheme cannot tell from a genuine one
 * - `absent`: the receiver has no route for the method
 */
export type Outcome = 'right' | 'wrong' | 'expected' | 'limit' | 'absent'

export interface Result {
  readonly one: ConformCase
  /** 0: there was no answer. */
  readonly status: number
  readonly outcome: Outcome
}

/** The answer of a receiver, as far as it counts. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
}

/**
 * @param expected the cases that may fail
 * @param refusals the statuses with which the receiver refuses a POST: they say nothing about its routes
 */
export function judge(
  one: ConformCase,
  { status, headers }: Answered,
  expected: readonly string[],
  refusals: ReadonlySet<number>,
): Outcome {
  // Frameworks answer OPTIONS themselves with the methods of the route, and run no handler. Those of CORS may be in
  // every answer, so this one must have no body.
  const isEmpty = status === 204 || headers['content-length'] === '0'
  const isOwnAnswer =
    one.method === 'OPTIONS' && ('allow' in headers || (isEmpty && 'access-control-allow-methods' in headers))
  const isAccepted = status >= 200 && status < 300 && !isOwnAnswer
  if (isAccepted === (one.kind === 'genuine')) return 'right'
  if (one.kind === 'limit') return 'limit'
  if (expected.includes(one.id)) return 'expected'
  const hasNoRoute = [404, 405, 501].includes(status) && !refusals.has(status)
  return one.kind === 'genuine' && one.method !== 'POST' && hasNoRoute ? 'absent' : 'wrong'
}

/** A fault of the receiver, with the cases that show it, the most telling one first. */
export interface Fault {
  readonly cause: ConformCause
  readonly results: readonly Result[]
}

const noneAccepted: ConformCause = {
  id: 'none',
  title: 'No genuine request was accepted: compare the Auth Token, --public-url and the path of the receiver',
}

/**
 * Groups what went wrong by its cause. A forged request that is signed as a receiver with a fault would sign it proves
 * the fault if it is accepted, and then explains the genuine requests that were refused.
 */
export function findFaults(results: readonly Result[]): Fault[] {
  const wrong = results.filter(({ outcome }) => outcome === 'wrong')
  const isGenuine = ({ one }: Result): boolean => one.kind === 'genuine'
  const proven = conformCauses.filter(
    ({ id, explains }) =>
      explains !== undefined &&
      wrong.some(({ one }) => one.kind === 'forged' && one.cause === id) &&
      // Of the cases that the fault concerns, the first is the plainest.
      results.find(({ one }) => isExplained(one, explains))?.outcome === 'wrong',
  )
  const hasAccepted = results.some((result) => isGenuine(result) && result.outcome === 'right')
  const causeOf = (result: Result): string => {
    const cause = proven.find(({ explains }) => isExplained(result.one, explains))
    if (cause !== undefined) return cause.id
    return isGenuine(result) && !hasAccepted && proven.length === 0 ? noneAccepted.id : result.one.cause
  }
  return [...conformCauses, noneAccepted].flatMap((cause) => {
    const own = wrong.filter((result) => causeOf(result) === cause.id)
    const sorted = [...own.filter((result) => !isGenuine(result)), ...own.filter(isGenuine)]
    return sorted.length === 0 ? [] : [{ cause, results: sorted }]
  })
}

function isExplained(one: ConformCase, explains: ConformCause['explains']): boolean {
  if (explains === 'unsigned') return one.signed === null
  if (one.kind !== 'genuine' || explains === undefined) return false
  if (explains === 'form') return /^application\/x-www-form-urlencoded/.test(one.contentType ?? '')
  return explains === 'all' || one.query !== undefined
}
