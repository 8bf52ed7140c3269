import type { Difference, DifferenceSign } from './row.ts'

/**
 * Checks if a parameter is lost.
 * @param difference one difference
 * @returns true if Twilio sent the parameter, and the server did not see it
 */
export function isLost({ what, seen }: Difference): boolean {
  return what === 'parameter' && seen.length === 0
}

/**
 * Checks if a parameter was added.
 * @param difference one difference
 * @returns true if the server saw the parameter, and Twilio did not send it
 */
export function isAdded({ what, sent }: Difference): boolean {
  return what === 'parameter' && sent.length === 0
}

/**
 * Makes the test of a change of values.
 * @param ways the changes: each returns the value as it may arrive
 * @returns the test: each value that differs is what one of the changes makes of it
 */
export function changes(...ways: readonly ((sent: string) => string | undefined)[]): DifferenceSign['applies'] {
  return ({ what, sent, seen }) =>
    what === 'parameter' &&
    sent.length === seen.length &&
    sent.every((value, at) => value === seen[at] || ways.some((change) => change(value) === seen[at]))
}
