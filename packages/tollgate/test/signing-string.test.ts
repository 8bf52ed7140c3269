import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pairs } from '../src/form.ts'
import {
  findDistinct,
  joinPairs,
  joinParams,
  orderNames,
  type Params,
  toPairs,
} from '../src/schemes/twilio/sign/signing-string.ts'
import { testProperty } from './property.ts'
import { naiveJoin } from './requests.ts'

// Few letters, so that names repeat and begin with each other.
const short = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '1', '\uffff', '\u{1f600}'), maxLength: 3 })
const anyPairs = fc.array(fc.tuple(short, short), { maxLength: 12 })

testProperty('joinPairs equals a naive implementation', 2000, [anyPairs], (pairs) => {
  expect(joinPairs(pairs)).toBe(naiveJoin(pairs))
})

describe('toPairs', () => {
  const refused: Record<string, unknown> = {
    undefined: undefined,
    null: null,
    'a bigint in a record': { a: 1n },
    'pairs of three elements': [['a', 'b', 'c']],
    'pairs with a number as the value': [['a', 1]],
    'pairs with a number as the name': [[1, 'a']],
    'an iterable that fails': {
      [Symbol.iterator]() {
        throw new Error('no')
      },
    },
  }
  for (const [what, params] of Object.entries(refused))
    test(`refuses ${what}`, () => {
      expect(toPairs(params as Params)).toBeUndefined()
      expect(joinParams(params as Params)).toBeUndefined()
    })

  testProperty('URLSearchParams, pairs and a record with the same content are equal', 100, [anyPairs], (pairs) => {
    const text = joinPairs(pairs)
    const record = Object.create(null)
    for (const [name, value] of pairs) record[name] = [...(record[name] ?? []), value]
    expect(joinPairs(toPairs(new URLSearchParams(pairs)) ?? [])).toBe(text)
    expect(joinPairs(toPairs(record) ?? [])).toBe(text)
    expect(joinPairs(toPairs(pairs) ?? [])).toBe(text)
  })
})

const name = fc.oneof(fc.constantFrom('a', 'b', 'B', '', '__proto__', '10', '9'), fc.string({ maxLength: 6 }))
const pairsOf = (maxLength: number) =>
  fc.array(fc.tuple(name, fc.string({ maxLength: 3 })), { maxLength, size: 'max' }) satisfies fc.Arbitrary<Pairs>

describe('the order of names', () => {
  testProperty('does not depend on earlier calls', 300, [fc.array(pairsOf(80), { maxLength: 6 })], (many) => {
    for (const pairs of many) expect(joinPairs(pairs)).toBe(naiveJoin(pairs))
    for (const pairs of many) {
      const record = Object.fromEntries(pairs)
      expect(joinParams(record)).toBe(naiveJoin(Object.entries(record)))
    }
  })

  test('is correct for the same names in another order', () => {
    expect(orderNames(['c', 'a', 'b'])).toEqual([1, 2, 0])
    expect(orderNames(['a', 'b', 'c'])).toEqual([0, 1, 2])
    expect(orderNames(['c', 'a', 'b'])).toEqual([1, 2, 0])
  })
})

describe('records and lists of any size', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => [`p${index}`, `${index}`] as const)

  test('joins booleans and numbers as their text', () => {
    expect(joinParams({ Flag: true, NumMedia: 0 })).toBe('FlagtrueNumMedia0')
    expect(joinParams({ Flag: [true, 1] })).toBe('Flag1Flagtrue')
  })

  test('joins a record with more names than an order is remembered for', () => {
    for (const count of [64, 65, 200]) expect(joinParams(Object.fromEntries(many(count)))).toBe(naiveJoin(many(count)))
  })

  test('takes 10,000 pairs, names or values and no more', () => {
    for (const params of [many(10_000), Object.fromEntries(many(10_000)), { a: many(10_000).map(([name]) => name) }])
      expect(toPairs(params)).toHaveLength(10_000)
    for (const params of [many(10_001), Object.fromEntries(many(10_001)), { a: many(10_001).map(([name]) => name) }])
      expect(toPairs(params)).toBeUndefined()
  })
})

test('findDistinct keeps the first of equal pairs, in order of arrival', () => {
  const all: Pairs = [
    ['b', '1'],
    ['a', '1'],
    ['b', '1'],
    ['b', '2'],
    ['b', '1'],
    ['b', '2'],
    ['c', ''],
    ['c', ''],
  ]
  const { pairs, values } = findDistinct(all)
  expect(pairs).toEqual([all[0], all[1], all[3], all[6]])
  expect([...values]).toEqual([
    ['b', new Set(['1', '2'])],
    ['a', '1'],
    ['c', ''],
  ])
})
