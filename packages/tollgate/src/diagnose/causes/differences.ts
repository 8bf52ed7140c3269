import type { Difference, DifferenceSign } from './row.ts'

/** Checks if a parameter is lost. */
export function isLost({ what, seen }: Difference): boolean {
  return what === 'parameter' && seen.length === 0
}

/** Checks if a parameter was added. */
export function isAdded({ what, sent }: Difference): boolean {
  return what === 'parameter' && sent.length === 0
}

/** Makes the test of a change of values. */
export function changes(...ways: readonly ((sent: string) => string | undefined)[]): DifferenceSign['applies'] {
  return ({ what, sent, seen }) =>
    what === 'parameter' &&
    sent.length === seen.length &&
    sent.every((value, at) => value === seen[at] || ways.some((change) => change(value) === seen[at]))
}
