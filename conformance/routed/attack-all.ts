import { type AttackOptions, attack } from './attack.ts'
import { nodeServers } from './node-servers.ts'
import { showReports } from './report.ts'
import { nameOn, runtimes, startServers } from './runtime-servers.ts'
import type { RoutedServer } from './server.ts'

/**
 * Attacks all servers whose names have this text, and prints the reports.
 * @returns true if nothing is wrong
 */
export async function attackAll(options: AttackOptions, only: string): Promise<boolean> {
  const isChosen = (name: string): boolean => name.includes(only)
  let isRight = true
  const attackEach = async (servers: readonly RoutedServer[]): Promise<void> => {
    for (const server of servers) {
      const report = await attack(server, options)
      console.log(showReports([report]))
      isRight &&= report.wrong.size === 0
    }
  }
  await attackEach(nodeServers.filter(({ name }) => isChosen(name)))
  for (const runtime of runtimes) {
    if (!runtime.apps.some((app) => isChosen(nameOn(runtime, app)))) continue
    const { servers, stop } = await startServers(runtime, isChosen)
    await attackEach(servers).finally(stop)
  }
  return isRight
}
