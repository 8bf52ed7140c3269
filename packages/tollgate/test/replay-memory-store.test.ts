import { describe, expect, test } from 'vitest'
import { type MemoryStoreOptions, memoryStore } from '../src/replay/index.ts'

function withClock(maxEntries: number) {
  const clock = { time: 1_000_000 }
  return { clock, store: memoryStore({ maxEntries, now: () => clock.time }) }
}

describe('memoryStore', () => {
  test('a key is claimed once, until it expires', () => {
    const { clock, store } = withClock(10)
    expect(store.claim('a', 1000, 't1')).toBe('claimed')
    clock.time += 999
    expect(store.claim('a', 1000, 't2')).toBe('seen')
    clock.time += 1
    expect(store.claim('a', 1000, 't3')).toBe('claimed')
    expect(store.claim('a', 1000, 't4')).toBe('seen')
  })

  test('only the claim of that token is released', () => {
    const { store } = withClock(10)
    store.claim('a', 1000, 't1')
    store.release('a', 't2')
    store.release('b', 't1')
    expect(store.claim('a', 1000, 't3')).toBe('seen')
    store.release('a', 't1')
    expect(store.claim('a', 1000, 't3')).toBe('claimed')
  })

  test('a flood forgets nothing and grows nothing: what is new finds it full', () => {
    const { store } = withClock(100)
    for (let i = 0; i < 100; i++) expect(store.claim(`genuine ${i}`, 60_000, 't')).toBe('claimed')
    for (let i = 0; i < 10_000; i++) expect(store.claim(`flood ${i}`, 60_000, 't')).toBe('full')
    for (let i = 0; i < 100; i++) expect(store.claim(`genuine ${i}`, 60_000, 't')).toBe('seen')
  })

  test('room comes back when entries expire, whatever their order, and when one is released', () => {
    const { clock, store } = withClock(2)
    store.claim('long', 3_600_000, 't')
    store.claim('short', 2000, 't')
    expect(store.claim('new', 2000, 't')).toBe('full')
    clock.time += 2000
    expect(store.claim('new', 2000, 't')).toBe('claimed')
    expect(store.claim('newer', 2000, 't')).toBe('full')
    store.release('new', 't')
    expect(store.claim('newer', 2000, 't')).toBe('claimed')
    expect(store.claim('long', 2000, 't')).toBe('seen')
  })

  test('it looks for what expired once a second at most, and a clock that is set back does not stop it', () => {
    const { clock, store } = withClock(1)
    store.claim('a', 500, 't')
    expect(store.claim('b', 500, 't')).toBe('full')
    clock.time += 600
    expect(store.claim('b', 500, 't')).toBe('full')
    clock.time += 400
    expect(store.claim('b', 500, 't')).toBe('claimed')
    clock.time -= 1_000_000
    store.release('b', 't')
    store.claim('c', 500, 't')
    expect(store.claim('d', 500, 't')).toBe('full')
    clock.time += 1000
    expect(store.claim('d', 500, 't')).toBe('claimed')
  })

  test('a full store has room for what it held already, at once when that has expired', () => {
    const { clock, store } = withClock(1)
    store.claim('a', 500, 't1')
    expect(store.claim('b', 500, 't2')).toBe('full')
    clock.time += 500
    expect(store.claim('b', 500, 't2')).toBe('full')
    expect(store.claim('a', 500, 't3')).toBe('claimed')
    expect(store.claim('a', 500, 't4')).toBe('seen')
  })

  test('a flood of a full store costs little each', () => {
    const store = memoryStore()
    for (let i = 0; i < 100_000; i++) store.claim(String(i), 86_400_000, 't')
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) store.claim(`flood ${i}`, 86_400_000, 't')
    expect(performance.now() - start).toBeLessThan(3000)
  })

  test('options', () => {
    expect(() => memoryStore({ max: 1 } as MemoryStoreOptions)).toThrow(TypeError)
    expect(() => memoryStore({ max: 1 } as MemoryStoreOptions)).toThrow('memoryStore')
    expect(() => memoryStore({ maxEntries: 0 })).toThrow(RangeError)
    expect(() => memoryStore({ maxEntries: 10_000_001 })).toThrow('"maxEntries"')
    expect(() => memoryStore({ maxEntries: 1.5 })).toThrow(RangeError)
    expect(() => memoryStore({ maxEntries: '1' as unknown as number })).toThrow(TypeError)
    expect(() => memoryStore({ now: 5 as unknown as () => number })).toThrow('"memoryStore" must have a method "now"')
  })
})
