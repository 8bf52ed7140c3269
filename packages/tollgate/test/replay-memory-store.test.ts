import { describe, expect, test } from 'vitest'
import { type MemoryStoreOptions, memoryStore, type ReservationAttempt } from '../src/replay/index.ts'

function withClock(maxEntries: number) {
  const clock = { time: 1_000_000 }
  return { clock, store: memoryStore({ maxEntries, now: () => clock.time }) }
}

function attempt(ttlMs: number, token: string, kind = 'k'): ReservationAttempt {
  return { ttlMs, token, kind }
}

describe('memoryStore', () => {
  test('a key is reserved once, until it expires', () => {
    const { clock, store } = withClock(10)
    expect(store.reserve('a', attempt(1000, 't1'))).toBe('reserved')
    clock.time += 999
    expect(store.reserve('a', attempt(1000, 't2'))).toEqual({ seen: 'k' })
    clock.time += 1
    expect(store.reserve('a', attempt(1000, 't3'))).toBe('reserved')
    expect(store.reserve('a', attempt(1000, 't4'))).toEqual({ seen: 'k' })
  })

  test('the kind of the first attempt is kept until it is released', () => {
    const { store } = withClock(10)
    store.reserve('a', attempt(1000, 't1', 'message.inbound'))
    store.reserve('a', attempt(1000, 't2', 'unknown'))
    expect(store.reserve('a', attempt(1000, 't3', 'call.status'))).toEqual({ seen: 'message.inbound' })
    store.release('a', 't1')
    expect(store.reserve('a', attempt(1000, 't4', 'unknown'))).toBe('reserved')
    expect(store.reserve('a', attempt(1000, 't5', 'message.inbound'))).toEqual({ seen: 'unknown' })
  })

  test('a release needs the token of the reservation', () => {
    const { store } = withClock(10)
    store.reserve('a', attempt(1000, 't1'))
    store.release('a', 't2')
    store.release('b', 't1')
    expect(store.reserve('a', attempt(1000, 't3'))).toEqual({ seen: 'k' })
    store.release('a', 't1')
    expect(store.reserve('a', attempt(1000, 't3'))).toBe('reserved')
  })

  test('a flood neither evicts entries nor adds more than the limit', () => {
    const { store } = withClock(100)
    for (let i = 0; i < 100; i++) expect(store.reserve(`genuine ${i}`, attempt(60_000, 't'))).toBe('reserved')
    for (let i = 0; i < 10_000; i++) expect(store.reserve(`flood ${i}`, attempt(60_000, 't'))).toBe('full')
    for (let i = 0; i < 100; i++) expect(store.reserve(`genuine ${i}`, attempt(60_000, 't'))).toEqual({ seen: 'k' })
  })

  test('entries that expire, in any order, and a released one make room', () => {
    const { clock, store } = withClock(2)
    store.reserve('long', attempt(3_600_000, 't'))
    store.reserve('short', attempt(2000, 't'))
    expect(store.reserve('new', attempt(2000, 't'))).toBe('full')
    clock.time += 2000
    expect(store.reserve('new', attempt(2000, 't'))).toBe('reserved')
    expect(store.reserve('newer', attempt(2000, 't'))).toBe('full')
    store.release('new', 't')
    expect(store.reserve('newer', attempt(2000, 't'))).toBe('reserved')
    expect(store.reserve('long', attempt(2000, 't'))).toEqual({ seen: 'k' })
  })

  test('expired entries are searched at most once a second, even if the clock is set back', () => {
    const { clock, store } = withClock(1)
    store.reserve('a', attempt(500, 't'))
    expect(store.reserve('b', attempt(500, 't'))).toBe('full')
    clock.time += 600
    expect(store.reserve('b', attempt(500, 't'))).toBe('full')
    clock.time += 400
    expect(store.reserve('b', attempt(500, 't'))).toBe('reserved')
    clock.time -= 1_000_000
    store.release('b', 't')
    store.reserve('c', attempt(500, 't'))
    expect(store.reserve('d', attempt(500, 't'))).toBe('full')
    clock.time += 1000
    expect(store.reserve('d', attempt(500, 't'))).toBe('reserved')
  })

  test('a full store reserves an expired key again at once', () => {
    const { clock, store } = withClock(1)
    store.reserve('a', attempt(500, 't1'))
    expect(store.reserve('b', attempt(500, 't2'))).toBe('full')
    clock.time += 500
    expect(store.reserve('b', attempt(500, 't2'))).toBe('full')
    expect(store.reserve('a', attempt(500, 't3'))).toBe('reserved')
    expect(store.reserve('a', attempt(500, 't4'))).toEqual({ seen: 'k' })
  })

  test('a delivery to a full store costs little', () => {
    const store = memoryStore()
    for (let i = 0; i < 100_000; i++) store.reserve(String(i), attempt(86_400_000, 't'))
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) store.reserve(`flood ${i}`, attempt(86_400_000, 't'))
    expect(performance.now() - start).toBeLessThan(3000)
  })

  test('options', () => {
    expect(() => memoryStore({ max: 1 } as MemoryStoreOptions)).toThrow(TypeError)
    expect(() => memoryStore({ max: 1 } as MemoryStoreOptions)).toThrow('memoryStore')
    expect(() => memoryStore({ maxEntries: 0 })).toThrow(RangeError)
    expect(() => memoryStore({ maxEntries: 10_000_001 })).toThrow('"maxEntries"')
    expect(() => memoryStore({ maxEntries: 1.5 })).toThrow(RangeError)
    expect(() => memoryStore({ maxEntries: '1' as unknown as number })).toThrow(TypeError)
    expect(() => memoryStore({ now: 5 as unknown as () => number })).toThrow('"now" must be a function, got number')
  })
})
