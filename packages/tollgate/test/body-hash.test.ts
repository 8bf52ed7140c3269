import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBodyHash, hashBody } from '../src/scheme/signature.ts'
import { sha256 } from './requests.ts'

const one = sha256('one')
const other = sha256('other')

describe('findBodyHash', () => {
  const cases: [string, string | undefined][] = [
    ['', undefined],
    ['?', undefined],
    ['?a=1', undefined],
    [`?bodySHA256=${one}`, one],
    [`?a=1&bodySHA256=${one}`, one],
    [`?bodySHA256=${one}&a=1`, one],
    [`?bodySHA256=${one}&bodySHA256=${one}`, one],
    [`?xbodySHA256=${one}`, undefined],
    [`?bodySHA256x=${one}`, undefined],
    [`?bodysha256=${one}`, undefined],
    [`?a=bodySHA256=${one}`, undefined],
    ['?a=bodySHA256', undefined],
    [`?bodySHA256=${one}&bodySHA256=${other}`, 'malformed'],
    [`?bodySHA256=${one}&bodySHA256=`, 'malformed'],
    [`?bodySHA256&bodySHA256=${one}`, 'malformed'],
    ['?bodySHA256', 'malformed'],
    ['?bodySHA256=', 'malformed'],
    [`?bodySHA256=${one.toUpperCase()}`, 'malformed'],
    [`?bodySHA256=${one.slice(1)}`, 'malformed'],
    [`?bodySHA256=${one}0`, 'malformed'],
    [`?bodySHA256=${one}%0A`, 'malformed'],
    [`?bodySHA256=${one}\n`, 'malformed'],
    [`?bodySHA256= ${one}`, 'malformed'],
    [`?bodySHA256=${Buffer.from(one, 'hex').toString('base64')}`, 'malformed'],
  ]
  for (const [query, expected] of cases)
    test(query === '' ? 'no query' : query.replaceAll(one, 'H').replaceAll(other, 'I'), () => {
      expect(findBodyHash(query)).toBe(expected)
    })

  test('finds the one among any other fields, wherever it stands', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '=', '%', '1', ';', 'S'), maxLength: 6 })
    fc.assert(
      fc.property(fc.array(field), fc.array(field), (before, after) => {
        expect(findBodyHash(`?${[...before, ...after].join('&')}`)).toBeUndefined()
        expect(findBodyHash(`?${[...before, `bodySHA256=${one}`, ...after].join('&')}`)).toBe(one)
      }),
    )
  })

  test('any text: a hash, malformed or nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('bodySHA256', '=', '&', '?', 'a', 'F', one), maxLength: 8 }),
        (query) => {
          expect(findBodyHash(query) ?? one).toMatch(/^([0-9a-f]{64}|malformed)$/)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

test('hashBody is the lower-case hex SHA-256 of the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (body) => {
      expect(hashBody(body)).toBe(sha256(body))
    }),
  )
})
