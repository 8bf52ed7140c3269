/** Checks an option that is an integer. Throws a TypeError or a RangeError that names it. */
export function parseInteger(value: number | undefined, name: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw new TypeError(`"${name}" must be a number, got ${typeof value}`)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`"${name}" must be an integer from ${least} to ${most}`)
}
