import { expect, test } from 'vitest'
import { CaptureStore } from '../src/server/store.ts'
import type { Capture } from '../src/shared/capture.ts'

const wide = { maxCaptures: 100, maxBytes: 10_000_000 }

function makeCapture(id: string, changed: Partial<Capture> = {}): Capture {
  return {
    ...{ id, time: 1, origin: 'received', method: 'POST', url: 'https://app.example.com/sms', target: '/sms' },
    headers: [['content-type', 'application/x-www-form-urlencoded']],
    body: 'From=%2B14155550142&To=%2B12025550123',
    ...changed,
  }
}

/** Puts captures into a store, and returns the ids that were deleted to make room. */
const fill = (store: CaptureStore, ids: string, changed?: Partial<Capture>) =>
  [...ids].flatMap((id) => store.put(makeCapture(id, changed)))
const list = (store: CaptureStore) =>
  store
    .list()
    .map(({ id }) => id)
    .join('')

test('lists the newest first, and returns each capture', () => {
  const store = new CaptureStore(wide)
  fill(store, 'abc')
  expect(list(store)).toBe('cba')
  expect(store.all().map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  expect(store.get('b')).toEqual(makeCapture('b'))
  expect(store.get('d')).toBeUndefined()
})

test('replaces a capture without moving it', () => {
  const store = new CaptureStore(wide)
  fill(store, 'ab')
  store.put(makeCapture('a', { durationMs: 5 }))
  expect(store.list().map(({ id, durationMs }) => [id, durationMs])).toEqual([
    ['b', undefined],
    ['a', 5],
  ])
})

const large = { body: 'x'.repeat(100_000) }

test.each([
  ['if there are too many', { ...wide, maxCaptures: 3 }, 'abcde', {}, 'ab', 'edc'],
  ['if they are too large', { ...wide, maxBytes: 500_000 }, 'abc', large, 'a', 'cb'],
  ['also the newest, if it is larger than the limit', { ...wide, maxBytes: 10_000 }, 'a', large, 'a', ''],
  ['and counts a replaced capture once', { ...wide, maxBytes: 500_000 }, 'aaaaaaab', large, '', 'ba'],
] as const)('deletes the oldest %s', (_name, bounds, ids, changed, dropped, left) => {
  const store = new CaptureStore(bounds)
  expect(fill(store, ids, changed).join('')).toBe(dropped)
  expect(list(store)).toBe(left)
})

test('has room again for what was deleted', () => {
  const store = new CaptureStore({ ...wide, maxBytes: 500_000 })
  fill(store, 'ab', large)
  store.delete(['a', 'unknown'])
  expect(fill(store, 'c', large)).toEqual([])
  expect(list(store)).toBe('cb')
})
