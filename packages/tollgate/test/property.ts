import fc from 'fast-check'
import { test } from 'vitest'

type Arbitraries<Values extends readonly unknown[]> = { [Index in keyof Values]: fc.Arbitrary<Values[Index]> }

/** Tests that a property holds for so many random values. */
export function testProperty<Values extends [unknown, ...unknown[]]>(
  title: string,
  numRuns: number,
  arbitraries: [...Arbitraries<Values>],
  holds: (...values: Values) => unknown,
): void {
  const check = async (...values: Values): Promise<boolean> => (await holds(...values)) !== false
  test(title, () => fc.assert(fc.asyncProperty(...(arbitraries as Arbitraries<Values>), check), { numRuns }))
}
