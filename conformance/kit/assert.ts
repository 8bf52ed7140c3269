import type { Accepted, Observed, Rejected, RejectionCode, Verdict } from 'tollgate'

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** Compares what JSON can show. */
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

export function assertRefused(verdict: Verdict, ...codes: readonly RejectionCode[]): Rejected | Observed {
  if (verdict.ok) throw new Error(`accepted (covers ${verdict.covers}), expected ${codes.join(' or ')}`)
  assert(codes.includes(verdict.code), `refused as ${verdict.code}, expected ${codes.join(' or ')}`)
  return verdict
}

/** Whether it throws, and a TypeError or RangeError whose message has that text. */
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
