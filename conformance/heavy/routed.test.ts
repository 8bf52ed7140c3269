import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attack } from '../routed/attack.ts'
import { showReports } from '../routed/report.ts'
import { nameOn, type RuntimeServers, runtimes, startServers } from '../routed/runtime-servers.ts'
import { isInShortRun } from '../routed/server.ts'

describe.each(runtimes)('the route that ran is the route that was signed, on $name', (runtime) => {
  let started: RuntimeServers
  beforeAll(async () => {
    started = await startServers(runtime, () => true)
  })
  afterAll(() => started?.stop())

  test.each(runtime.apps.filter(isInShortRun))('$name', async (app) => {
    const server = started.servers.find(({ name }) => name === nameOn(runtime, app))
    if (server === undefined) throw new Error(`${runtime.name} did not start it`)
    const report = await attack(server, { count: 350, seed: 1, signatures: 4 })
    expect(report.wrong.size, showReports([report])).toBe(0)
  })
})
