import { beforeAll, describe, expect, test, vi } from 'vitest'
import { attack } from '../routed/attack.ts'
import { nodeServers } from '../routed/node-servers.ts'
import { showReports } from '../routed/report.ts'
import { guardOptions, isInShortRun } from '../routed/server.ts'

beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

const servers = nodeServers.filter(isInShortRun)
// Few, because of the time. `heavy/routed.test.ts` sends 350 requests to each server.
const limits = { count: 40, seed: 1, signatures: 4 }

// This framework loads `domain`, which slows each promise of the process from then on, so it comes last.
const isSlowing = ({ name }: { readonly name: string }): boolean => name.startsWith('functions-framework')

for (const group of [servers.filter((one) => !isSlowing(one)), servers.filter(isSlowing)]) {
  describe('the route that ran is the route that was signed', () => {
    test.each(group)('$name', async (server) => {
      const report = await attack(server, limits)
      expect(report.wrong.size, showReports([report])).toBe(0)
    })
  })

  test.each(group.filter(({ guards, http2 }) => guards === 'all' && !http2))(
    'finds a guard that accepts everything: $name',
    async (server) => {
      const { wrong } = await attack(server, { ...limits, count: 20, guard: { ...guardOptions, mode: 'observe' } })
      expect([...wrong.keys()]).toEqual(expect.arrayContaining([expect.stringMatching(/^unsigned: ran /)]))
    },
  )
}
