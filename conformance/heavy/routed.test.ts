import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attack } from '../routed/attack.ts'
import { showReports } from '../routed/report.ts'
import { nameOnRuntime, type RuntimeServers, runtimes } from '../routed/runtime-servers.ts'
import { webApps } from '../routed/web-apps.ts'

describe.each(Object.entries(runtimes))('the route that ran is the route that was signed, on %s', (name, start) => {
  let started: RuntimeServers
  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => started?.stop())

  test.each(webApps)('$name', async (app) => {
    const server = started.servers.find((one) => one.name === nameOnRuntime(app, name))
    if (server === undefined) return expect([name, app.name]).toEqual(['workerd', 'elysia 1.4'])
    const report = await attack(server, { count: 500, seed: 1, signatures: 4 })
    expect(report.wrong.size, showReports([report])).toBe(0)
    expect(report.accepted).toBeGreaterThan(0)
  })
})
