/** A seeded source of choices. The same seed gives the same inputs. */
export interface Random {
  /** Returns an integer from 0 to `limit - 1`. */
  below(limit: number): number
  pick<T>(list: readonly T[]): T
  /** Returns true in one of `times` calls. */
  oneIn(times: number): boolean
}

/** Makes the generator mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return {
    below,
    pick<T>(list: readonly T[]): T {
      return list[below(list.length)] as T
    },
    oneIn: (times) => below(times) === 0,
  }
}
