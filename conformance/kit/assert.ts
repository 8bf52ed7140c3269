import type { Accepted, Observed, Rejected, RejectionCode, Verdict } from 'tollgate'

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** Compares two values by their JSON. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [show(actual), show(expected)]
  assert(got === wanted, `${what}: got ${got}, expected ${wanted}`)
}

function show(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value)
}

export function assertAccepted(verdict: Verdict): Accepted {
  if (verdict.ok) return verdict
  throw new Error(`refused as ${verdict.code}: ${verdict.message}`)
}

export function assertRejected(verdict: Verdict, ...codes: readonly RejectionCode[]): Rejected | Observed {
  if (verdict.ok) throw new Error(`accepted (covers ${verdict.covers}), expected ${codes.join(' or ')}`)
  assert(codes.includes(verdict.code), `refused as ${verdict.code}, expected ${codes.join(' or ')}`)
  return verdict
}

/** Checks that `work` throws an error of this kind whose message has the text. */
export function assertThrows(work: () => unknown, text: string, kind: 'TypeError' | 'RangeError' = 'TypeError'): void {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  assert(thrown instanceof Error, `nothing was thrown, expected a ${kind} about ${text}`)
  assertEqual(thrown.name, kind, 'the kind of error')
  assert(thrown.message.includes(text), `the message does not name ${text}: ${thrown.message}`)
}
