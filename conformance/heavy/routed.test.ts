import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { loadNest } from '../frameworks/nest.ts'
import { attack } from '../routed/attack.ts'
import { listNestServers } from '../routed/nest-servers.ts'
import { nodeServers } from '../routed/node-servers.ts'
import { showReports } from '../routed/report.ts'
import { nameOn, type RuntimeServers, runtimes, startServers } from '../routed/runtime-servers.ts'
import { guardOptions, isInShortRun } from '../routed/server.ts'

beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

const limits = { count: 200, seed: 1, signatures: 4 }

describe.each(runtimes)('the route that ran is the route that was signed, on $name', (runtime) => {
  let started: RuntimeServers
  beforeAll(async () => {
    started = await startServers(runtime, () => true)
  })
  afterAll(() => started?.stop())

  test.each(runtime.apps.filter(isInShortRun))('$name', async (app) => {
    const server = started.servers.find(({ name }) => name === nameOn(runtime, app))
    if (server === undefined) throw new Error(`${runtime.name} did not start it`)
    const report = await attack(server, limits)
    expect(report.wrong.size, showReports([report])).toBe(0)
  })
})

// This framework loads `domain`, which slows each promise of the process from then on, so it comes last.
const isSlowing = ({ name }: { readonly name: string }): boolean => name.startsWith('functions-framework')
const short = nodeServers.filter(isInShortRun).sort((one, other) => Number(isSlowing(one)) - Number(isSlowing(other)))

describe('the route that ran is the route that was signed, in Node.js', () => {
  test.each(short)('$name', async (server) => {
    const report = await attack(server, { ...limits, seed: 2 })
    expect(report.wrong.size, showReports([report])).toBe(0)
  })

  test.each(short.filter(({ guards, http2 }) => guards === 'all' && !http2))(
    'finds a guard that accepts everything: $name',
    async (server) => {
      const { wrong } = await attack(server, { ...limits, count: 20, guard: { ...guardOptions, mode: 'observe' } })
      expect([...wrong.keys()]).toEqual(expect.arrayContaining([expect.stringMatching(/^unsigned: ran /)]))
    },
  )
})

describe.each(['11', '12'])('the route that ran is the route that was signed, in Nest %s', async (version) => {
  const servers = listNestServers(version, await loadNest(`nest${version}`, 'ESM'))
  test.each(servers)('$name', async (server) => {
    const report = await attack(server, limits)
    expect(report.wrong.size, showReports([report])).toBe(0)
  })
})
