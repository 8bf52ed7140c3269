import { expect, test } from 'vitest'
import { ReceivedParams } from '../src/verify/webhook.ts'

const params = new ReceivedParams([
  ['To', '+15550002'],
  ['Media', 'b'],
  ['Media', 'a'],
  ['To', '+15550002'],
  ['__proto__', 'x'],
  ['Media', 'b'],
])

test('get returns the first value, getAll the distinct values in order of arrival', () => {
  expect(params.get('Media')).toBe('b')
  expect(params.getAll('Media')).toEqual(['b', 'a'])
  expect(params.getAll('To')).toEqual(['+15550002'])
  expect([params.get('From'), params.getAll('From'), params.has('From')]).toEqual([undefined, [], false])
})

test('entries lists each pair once', () => {
  const pairs = [
    ['To', '+15550002'],
    ['Media', 'b'],
    ['Media', 'a'],
    ['__proto__', 'x'],
  ]
  expect([...params.entries()]).toEqual(pairs)
  expect([...params]).toEqual(pairs)
})

test('toObject has a list for a name with several values, and no prototype', () => {
  const object = params.toObject()
  expect(Object.entries(object)).toEqual([
    ['To', '+15550002'],
    ['Media', ['b', 'a']],
    ['__proto__', 'x'],
  ])
  expect(Object.getPrototypeOf(object)).toBeNull()
  expect(params.toObject()).not.toBe(object)
})
