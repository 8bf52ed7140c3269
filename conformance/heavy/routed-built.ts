import { expect, test } from 'vitest'
import { attack } from '../routed/attack.ts'
import { showReports } from '../routed/report.ts'
import type { RoutedServer } from '../routed/server.ts'

/** Attacks a built server for some seconds. Call it where its build exists. */
export function testRoutes(server: RoutedServer): void {
  test('the route that ran is the route that was signed', async () => {
    const report = await attack(server, { count: 200, seed: 1, signatures: 4 })
    expect(report.wrong.size, showReports([report])).toBe(0)
    expect(report.accepted).toBeGreaterThan(0)
  }, 60_000)
}
