import { describe, expect, test } from 'vitest'
import { listAllSetUps } from '../diagnosis/all.ts'
import { expectNamed } from '../diagnosis/expect.ts'
import { listProgramSetUps } from '../diagnosis/real/programs.ts'
import { listProxySetUps } from '../diagnosis/real/proxies.ts'
import { isReal } from '../diagnosis/table.ts'

describe('set-ups by real proxies', () => {
  expectNamed(listProxySetUps)
})

describe('set-ups by programs that are not written in JavaScript', () => {
  expectNamed(listProgramSetUps)
})

test('at least 150 set-ups are the work of real software', async () => {
  const setUps = await listAllSetUps()
  expect(setUps.filter(isReal).length).toBeGreaterThanOrEqual(150)
}, 120_000)
