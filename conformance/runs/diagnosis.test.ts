import { causes } from 'tollgate/diagnose'
import { expect, test } from 'vitest'
import { isMended, judge, judgeList, listFaults, showCounts } from '../diagnosis/judge.ts'
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

test('a line of a fix has at most 160 characters', () => {
  const rows: readonly { fix: string; fixOfCopy?: string; fixes?: Record<string, string> }[] = Object.values(causes)
  const fixes = rows.flatMap((row) => [row.fix, row.fixOfCopy ?? '', ...Object.values(row.fixes ?? {})])
  expect(fixes.flatMap((fix) => fix.split('\n')).filter((line) => line.length > 160)).toEqual([])
})

test('the judge finds every kind of wrong row', async () => {
  const find = (title: string) => readSetUps('field').find((setUp) => setUp.title.startsWith(title))
  const [proven, asked] = [find('nginx-prefix-stripped'), readSetUps('field').find(({ settle }) => settle)]
  if (proven === undefined || asked === undefined) throw new Error('There are no such set-ups.')
  const listFor = async (setUp: typeof proven) => listFaults([await judge(setUp, 'field')]).join()
  expect([await listFor(proven), await listFor(asked)]).toEqual(['', ''])
  expect(await listFor({ ...proven, expected: ['token_whitespace'] })).toMatch(/is misleading: proven/)
  expect(await listFor({ ...proven, answer: 'genuine', expected: [] })).toMatch(/is misleading/)
  expect(await listFor({ ...proven, options: { ...proven.options, publicUrl: 'https://far.example' } })).not.toBe('')
  expect(await listFor({ ...proven, hidden: ['publicUrl'] })).toMatch(/shows publicUrl/)
  expect(await listFor({ ...asked, settle: {} })).toMatch(/ends in no proof/)
  expect(await isMended({ ...proven, mend: {} })).toBe(false)
})

test('no two set-ups have one title, and those of the field have a source', () => {
  const all = lists.map(readSetUps)
  for (const titles of all.map((setUps) => setUps.map(({ title }) => title)))
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([])
  const [, , reported = [], field = []] = all
  expect([...reported, ...field].filter(({ source }) => !source)).toEqual([])
})
