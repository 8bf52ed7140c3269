import { expect, test } from 'vitest'
import { isMended, judgeList, listFaults, showCounts } from '../diagnosis/judge.ts'
import { lists, readSetUps } from '../diagnosis/set-up.ts'

// `npm run corpus --workspace conformance -- --misses` prints what is wrong.

test.each(lists)(
  'explains the set-ups of %s: by proof, by a trace, or with the question',
  async (list) => {
    const judged = await judgeList(list)
    console.log(`${list}: ${showCounts(judged)}`)
    expect(listFaults(judged)).toEqual([])
    const seen = judged.filter(({ setUp }) => setUp.answer === 'seen')
    const right = seen.filter(({ answer }) => answer === 'right')
    expect(right.length / seen.length).toBeGreaterThanOrEqual(0.95)
  },
  240_000,
)

test.each(lists)(
  'a set-up of %s verifies once it is mended',
  async (list) => {
    for (const setUp of readSetUps(list))
      if (setUp.mend !== undefined) expect(await isMended(setUp), setUp.title).toBe(true)
  },
  60_000,
)

test('no two set-ups have one title, and those of the field have a source', () => {
  const all = lists.map(readSetUps)
  for (const titles of all.map((setUps) => setUps.map(({ title }) => title)))
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([])
  const [, , reported = [], field = []] = all
  expect([...reported, ...field].filter(({ source }) => !source)).toEqual([])
})
