import { diagnose } from 'tollgate/diagnose'
import { describe, expect, test } from 'vitest'
import { expectNamed, listCombinations } from '../diagnosis/expect.ts'
import { explainInWords } from '../diagnosis/explained.ts'
import { listGenuine } from '../diagnosis/genuine.ts'
import { judgeAll } from '../diagnosis/judge.ts'
import { listLeaks } from '../diagnosis/leaks.ts'
import { listMadeSetUps } from '../diagnosis/made/index.ts'
import { readOptions } from '../diagnosis/options.ts'
import { listPackageSetUps } from '../diagnosis/real/index.ts'
import { webhooks } from '../diagnosis/webhooks.ts'

// Slow, because it diagnoses every broken set-up, alone and in pairs and triples.

describe('made set-ups', () => {
  expectNamed(listMadeSetUps)

  test('pairs and triples, on many kinds of webhook', async () => {
    const setUps = await listMadeSetUps()
    expect(listCombinations(setUps, 2).length).toBeGreaterThanOrEqual(15)
    expect(listCombinations(setUps, 3).length).toBeGreaterThanOrEqual(3)
    expect(new Set(setUps.map(({ webhook }) => webhook)).size).toBeGreaterThanOrEqual(8)
  })
})

describe('set-ups by real parsers, frameworks and relays', () => {
  expectNamed(listPackageSetUps)
})

describe('what may not be shown', () => {
  test.each(['a token', 'the right signature', 'a text'])('%s in a diagnosis is found', async (what) => {
    const [setUp] = await listMadeSetUps()
    const diagnosis = setUp && (await diagnose(setUp.request as never, readOptions(setUp).verifier))
    if (!setUp || !diagnosis) throw new Error('There are no set-ups.')
    const secret = setUp.hidden[['the right signature', 'a token', 'a text'].indexOf(what)] ?? ''
    expect(secret).not.toBe('')
    expect(await listLeaks(setUp, diagnosis)).toEqual([])
    const suspected = [{ id: 'host', detail: `It is ${secret}.`, fix: '' }] as const
    expect(await listLeaks(setUp, { ...diagnosis, suspected })).toEqual([secret])
  })

  test('what an adapter would write of a rejection is among it', async () => {
    const [setUp] = await listMadeSetUps()
    const diagnosis = setUp && (await diagnose(setUp.request as never, readOptions(setUp).verifier))
    expect(setUp && diagnosis && (await explainInWords(setUp, diagnosis))).toContain('scheme')
  })
})

describe('genuine requests', () => {
  test('yield nothing, of every kind', async () => {
    const judged = await judgeAll(await listGenuine())
    expect(judged.length).toBeGreaterThanOrEqual(webhooks.size)
    expect(judged.filter(({ isRight }) => !isRight).map(({ setUp, found }) => [setUp.name, found])).toEqual([])
    expect(judged.filter(({ leaks }) => leaks.length > 0).map(({ setUp, leaks }) => [setUp.name, leaks])).toEqual([])
  }, 60_000)
})
