import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pairs } from '../src/scheme/form.ts'
import { joinPairs, joinParams, orderNames } from '../src/scheme/signing-string.ts'

const name = fc.oneof(fc.constantFrom('a', 'b', 'B', '', '__proto__', '10', '9'), fc.string({ maxLength: 6 }))
const pairsOf = (maxLength: number) =>
  fc.array(fc.tuple(name, fc.string({ maxLength: 3 })), { maxLength, size: 'max' }) satisfies fc.Arbitrary<Pairs>

/** By the words of the documentation, without any memory. */
function joinPlainly(pairs: Pairs): string {
  const names = [...new Set(pairs.map(([one]) => one))].sort()
  const valuesOf = (one: string) => [...new Set(pairs.filter((pair) => pair[0] === one).map((pair) => pair[1]))].sort()
  return names.flatMap((one) => valuesOf(one).map((value) => one + value)).join('')
}

describe('the order of names', () => {
  test('does not depend on what was ordered before', () => {
    fc.assert(
      fc.property(fc.array(pairsOf(80), { maxLength: 6 }), (many) => {
        for (const pairs of many) expect(joinPairs(pairs)).toBe(joinPlainly(pairs))
        for (const pairs of many) {
          const record = Object.fromEntries(pairs)
          expect(joinParams(record)).toBe(joinPlainly(Object.entries(record)))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is right for as many names in another order', () => {
    expect(orderNames(['c', 'a', 'b'])).toEqual([1, 2, 0])
    expect(orderNames(['a', 'b', 'c'])).toEqual([0, 1, 2])
    expect(orderNames(['c', 'a', 'b'])).toEqual([1, 2, 0])
  })

  test('is none where names repeat, whatever was remembered', () => {
    expect(orderNames(['b', 'a'])).toEqual([1, 0])
    expect(orderNames(['a', 'a'])).toBeUndefined()
    expect(orderNames(['b', 'a'])).toEqual([1, 0])
  })
})
