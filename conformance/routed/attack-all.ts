import { type AttackOptions, attack } from './attack.ts'
import { nodeServers } from './node-servers.ts'
import { showReports } from './report.ts'
import { nameOnRuntime, runtimes } from './runtime-servers.ts'
import type { RoutedServer } from './server.ts'
import { webApps } from './web-apps.ts'

/**
 * Attacks all servers whose names have this text, and prints the reports.
 * @returns true if nothing is wrong
 */
export async function attackAll(options: AttackOptions, only: string): Promise<boolean> {
  const attackEach = async (servers: readonly RoutedServer[]): Promise<boolean> => {
    let isRight = true
    for (const server of servers.filter(({ name }) => name.includes(only))) {
      const report = await attack(server, options)
      console.log(showReports([report]))
      isRight &&= report.wrong.size === 0
    }
    return isRight
  }
  let isRight = await attackEach(nodeServers)
  for (const [name, start] of Object.entries(runtimes)) {
    if (!webApps.some((app) => nameOnRuntime(app, name).includes(only))) continue
    const { servers, stop } = await start()
    isRight = (await attackEach(servers).finally(stop)) && isRight
  }
  return isRight
}
