import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pairs } from '../src/form.ts'
import {
  findDistinct,
  joinPairs,
  joinParams,
  joinSigningString,
  orderNames,
  type Params,
  toPairs,
} from '../src/schemes/twilio/sign/signing-string.ts'
import { naiveJoin } from './requests.ts'

// Few letters, so that names repeat and begin with each other.
const short = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '1', '\uffff', '\u{1f600}'), maxLength: 3 })
const anyPairs = fc.array(fc.tuple(short, short), { maxLength: 12 })

const cases: { what: string; pairs: Pairs; text: string }[] = [
  { what: 'no pairs', pairs: [], text: '' },
  {
    what: 'sorted by name, not by name and value together',
    pairs: [
      ['ReasonConferenceEnded', 'x'],
      ['Reason', 'z'],
    ],
    text: 'ReasonzReasonConferenceEndedx',
  },
  {
    what: 'distinct values, sorted, each after its name',
    pairs: [
      ['M', 'b'],
      ['M', 'a'],
      ['M', 'a'],
    ],
    text: 'MaMb',
  },
]

describe('joinPairs', () => {
  for (const { what, pairs, text } of cases)
    test(what, () => {
      expect(joinPairs(pairs)).toBe(text)
      expect(joinSigningString('https://example.com/?a=1', pairs)).toBe(`https://example.com/?a=1${text}`)
    })

  test('equals a naive implementation', () => {
    fc.assert(
      fc.property(anyPairs, (pairs) => {
        expect(joinPairs(pairs)).toBe(naiveJoin(pairs))
      }),
      { numRuns: 2000 },
    )
  })

  test('does not depend on the order or on repeated pairs', () => {
    const shuffled = anyPairs.chain((pairs) =>
      fc.tuple(fc.constant(pairs), fc.shuffledSubarray([...pairs, ...pairs], { minLength: pairs.length * 2 })),
    )
    fc.assert(
      fc.property(shuffled, ([pairs, again]) => {
        expect(joinPairs(again)).toBe(joinPairs(pairs))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('toPairs', () => {
  const same: [string, Params][] = [
    ['URLSearchParams', new URLSearchParams('b=2&a=1&b=1')],
    ['numbers in a record', { b: [2, '1'], a: 1 }],
  ]
  for (const [what, params] of same)
    test(`reads ${what}`, () => {
      const pairs = toPairs(params)
      const text = what.startsWith('a Map') ? 'a1b2' : 'a1b1b2'
      expect(joinPairs(pairs ?? [])).toBe(text)
      expect(joinParams(params)).toBe(text)
    })

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

  test('URLSearchParams, pairs and a record with the same content are equal', () => {
    fc.assert(
      fc.property(anyPairs, (pairs) => {
        const text = joinPairs(pairs)
        const record = Object.create(null)
        for (const [name, value] of pairs) record[name] = [...(record[name] ?? []), value]
        expect(joinPairs(toPairs(new URLSearchParams(pairs)) ?? [])).toBe(text)
        expect(joinPairs(toPairs(record) ?? [])).toBe(text)
        expect(joinPairs(toPairs(pairs) ?? [])).toBe(text)
      }),
    )
  })
})

const name = fc.oneof(fc.constantFrom('a', 'b', 'B', '', '__proto__', '10', '9'), fc.string({ maxLength: 6 }))
const pairsOf = (maxLength: number) =>
  fc.array(fc.tuple(name, fc.string({ maxLength: 3 })), { maxLength, size: 'max' }) satisfies fc.Arbitrary<Pairs>

describe('the order of names', () => {
  test('does not depend on earlier calls', () => {
    fc.assert(
      fc.property(fc.array(pairsOf(80), { maxLength: 6 }), (many) => {
        for (const pairs of many) expect(joinPairs(pairs)).toBe(naiveJoin(pairs))
        for (const pairs of many) {
          const record = Object.fromEntries(pairs)
          expect(joinParams(record)).toBe(naiveJoin(Object.entries(record)))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is correct for the same names in another order', () => {
    expect(orderNames(['c', 'a', 'b'])).toEqual([1, 2, 0])
    expect(orderNames(['a', 'b', 'c'])).toEqual([0, 1, 2])
    expect(orderNames(['c', 'a', 'b'])).toEqual([1, 2, 0])
  })
})

describe('records and lists of any size', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => [`p${index}`, `${index}`] as const)

  test('joins a record with more names than Twilio sends', () => {
    expect(joinParams(Object.fromEntries(many(65)))).toBe(naiveJoin(many(65)))
  })

  test('joins booleans and numbers as their text', () => {
    expect(joinParams({ Flag: true, NumMedia: 0 })).toBe('FlagtrueNumMedia0')
    expect(joinParams({ Flag: [true, 1] })).toBe('Flag1Flagtrue')
  })

  test('takes 10,000 pairs, names or values and no more', () => {
    for (const params of [many(10_000), Object.fromEntries(many(10_000)), { a: many(10_000).map(([name]) => name) }])
      expect(toPairs(params)).toHaveLength(10_000)
    for (const params of [many(10_001), Object.fromEntries(many(10_001)), { a: many(10_001).map(([name]) => name) }])
      expect(toPairs(params)).toBeUndefined()
  })

  test('finds the distinct pairs in order of arrival', () => {
    const found = findDistinct([
      ['a', '2'],
      ['b', 'x'],
      ['b', 'x'],
      ['a', '1'],
      ['a', '2'],
      ['a', '1'],
      ['a', '3'],
    ])
    expect(found.pairs).toEqual([
      ['a', '2'],
      ['b', 'x'],
      ['a', '1'],
      ['a', '3'],
    ])
    expect(found.values.get('a')).toEqual(new Set(['2', '1', '3']))
    expect(found.values.get('b')).toBe('x')
  })
})
