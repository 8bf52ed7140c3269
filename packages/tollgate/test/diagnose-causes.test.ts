import { describe, expect, test } from 'vitest'
import { causes } from '../src/diagnose/causes/index.ts'
import { diagnoseSetUp, setUps } from './diagnose-support.ts'

const sort = (ids: readonly string[]): string[] => [...ids].sort()

describe('names the causes of a broken set-up', () => {
  for (const setUp of setUps)
    test(`${setUp.expected[0]?.join(', ')}: ${setUp.name}`, async () => {
      const { verdict, proven, suspected } = await diagnoseSetUp(setUp)
      expect(verdict.ok).toBe(false)
      const found = (proven?.causes ?? suspected.slice(0, 1)).map(({ id }) => id)
      expect(setUp.expected.map(sort)).toContainEqual(sort(found))
      if (setUp.isProven !== undefined) expect(proven !== undefined).toBe(setUp.isProven)
    })
})

test('every cause occurs alone, and every expected cause exists', () => {
  const ids = Object.keys(causes)
  const alone = setUps.flatMap(({ expected: [first = []] }) => (first.length === 1 ? first : []))
  expect(ids.filter((id) => !alone.includes(id))).toEqual([])
  expect(setUps.flatMap(({ expected }) => expected.flat()).filter((id) => !ids.includes(id))).toEqual([])
})
