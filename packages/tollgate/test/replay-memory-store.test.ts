import { describe, expect, test } from 'vitest'
import { type Confirmation, memoryStore, type ReplayStore, type ReservationAttempt } from '../src/replay/index.ts'

function withClock(maxEntries: number) {
  const clock = { time: 1_000_000 }
  return { clock, store: memoryStore({ maxEntries, now: () => clock.time }) }
}

function attempt(leaseMs: number, token: string, kind = 'k'): ReservationAttempt {
  return { leaseMs, token, kind, isDoubtful: kind === 'unknown' }
}

function confirmation(ttlMs: number, token: string, kind = 'k'): Confirmation {
  return { ttlMs, token, kind, isDoubtful: kind === 'unknown' }
}

/** Reserves a key and confirms it. */
function handle(store: ReplayStore, key: string, ttlMs: number, token: string, kind = 'k') {
  const outcome = store.reserve(key, attempt(ttlMs, token, kind))
  if (outcome === 'reserved') store.confirm(key, confirmation(ttlMs, token, kind))
  return outcome
}

describe('memoryStore', () => {
  test('a key is reserved once, until it expires', () => {
    const { clock, store } = withClock(10)
    expect(handle(store, 'a', 1000, 't1')).toBe('reserved')
    clock.time += 999
    expect(handle(store, 'a', 1000, 't2')).toEqual({ seen: 'k' })
    clock.time += 1
    expect(handle(store, 'a', 1000, 't3')).toBe('reserved')
    expect(handle(store, 'a', 1000, 't4')).toEqual({ seen: 'k' })
  })

  test('entries that expire, in any order, and a released one make room', () => {
    const { clock, store } = withClock(2)
    handle(store, 'long', 3_600_000, 't')
    handle(store, 'short', 2000, 't')
    expect(handle(store, 'new', 2000, 't')).toBe('full')
    clock.time += 2000
    expect(handle(store, 'new', 2000, 't')).toBe('reserved')
    expect(handle(store, 'newer', 2000, 't')).toBe('full')
    store.release('unknown', 't')
    store.release('new', 't')
    expect(handle(store, 'newer', 2000, 't')).toBe('reserved')
    expect(handle(store, 'long', 2000, 't')).toEqual({ seen: 'k' })
  })

  test('expired entries are searched at most once a second, even if the clock is set back', () => {
    const { clock, store } = withClock(1)
    handle(store, 'a', 500, 't')
    expect(handle(store, 'b', 500, 't')).toBe('full')
    clock.time += 600
    expect(handle(store, 'b', 500, 't')).toBe('full')
    clock.time += 400
    expect(handle(store, 'b', 500, 't')).toBe('reserved')
    clock.time -= 1_000_000
    store.release('b', 't')
    handle(store, 'c', 500, 't')
    expect(handle(store, 'd', 500, 't')).toBe('full')
    clock.time += 1000
    expect(handle(store, 'd', 500, 't')).toBe('reserved')
  })

  test('a full store reserves an expired key again at once', () => {
    const { clock, store } = withClock(1)
    handle(store, 'a', 500, 't1')
    expect(handle(store, 'b', 500, 't2')).toBe('full')
    clock.time += 500
    expect(handle(store, 'b', 500, 't2')).toBe('full')
    expect(handle(store, 'a', 500, 't3')).toBe('reserved')
    expect(handle(store, 'a', 500, 't4')).toEqual({ seen: 'k' })
  })

  test('a delivery to a full store costs little', () => {
    const store = memoryStore()
    for (let i = 0; i < 100_000; i++) handle(store, String(i), 86_400_000, 't')
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) handle(store, `flood ${i}`, 86_400_000, 't')
    expect(performance.now() - start).toBeLessThan(3000)
  })

  test('a late confirmation takes a key that is free or expired, if there is room', () => {
    const { clock, store } = withClock(1)
    store.reserve('a', attempt(1000, 't1'))
    clock.time += 1000
    store.confirm('a', confirmation(5000, 't1', 'k'))
    expect(store.reserve('a', attempt(1000, 't2'))).toEqual({ seen: 'k' })
    store.confirm('b', confirmation(5000, 't3', 'k'))
    store.release('a', 't1')
    expect(store.reserve('b', attempt(1000, 't4'))).toBe('reserved')
    store.release('b', 't4')
    store.confirm('b', confirmation(5000, 't3', 'k'))
    expect(store.reserve('b', attempt(1000, 't5'))).toEqual({ seen: 'k' })
    expect(store.reserve('a', attempt(1000, 't6'))).toBe('full')
  })
})
