import { expect, test } from 'vitest'
import { showExpected } from './arrive.ts'
import { type Judged, judgeAll } from './judge.ts'
import type { SetUp } from './setup.ts'
import { count, leastShare, makeTable } from './table.ts'

/** Adds the tests of a part of the corpus, inside a `describe`. */
export function expectNamed(list: () => Promise<readonly SetUp[]>): void {
  let judged: Promise<readonly Judged[]> | undefined
  const judgeOnce = (): Promise<readonly Judged[]> => {
    judged ??= list().then((setUps) => judgeAll(setUps))
    return judged
  }

  test('names the causes, or as many that say the same', async () => {
    const all = await judgeOnce()
    const { share, slowest } = count(all)
    console.log(`slowest: ${slowest?.ms.toFixed(1)} ms, ${slowest?.setUp.name}`)
    const misses = all.filter(({ isRight }) => !isRight)
    expect(share, `misses:\n${makeTable(misses)}`).toBeGreaterThanOrEqual(leastShare)
  }, 120_000)

  test('shows no key, no right signature and no text', async () => {
    const leaks = (await judgeOnce()).filter((one) => one.leaks.length > 0)
    expect(leaks.map(({ setUp, leaks: what }) => [setUp.name, what])).toEqual([])
  }, 120_000)

  test('no two set-ups have one name', async () => {
    const names = (await judgeOnce()).map(({ setUp }) => `${setUp.origin}: ${setUp.name}`)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  }, 120_000)
}

/** Lists the expected sets of so many causes, as tables show them. */
export function listCombinations(setUps: readonly SetUp[], size: number): readonly string[] {
  const sets = setUps.flatMap(({ expected }) => expected.slice(0, 1)).filter((causes) => causes.length === size)
  return [...new Set(sets.map((causes) => showExpected([[...causes].sort()])))]
}
