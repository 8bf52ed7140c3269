import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long connections that are idle, or come now, still get an answer: a refusal that says so instead of a reset. */
const lingerMs = 1000

/** Resolves when the server is closed: gracefully as long as there is time, and then at once. */
export async function stopServer(
  server: Server,
  { graceMs, isIdle, cut }: { graceMs: number; isIdle: () => boolean; cut: () => void },
): Promise<void> {
  if (!server.listening) return
  const begun = Date.now()
  await waitUntil(async () => isIdle() && (await countConnections(server)) === 0, Math.min(lingerMs, graceMs))
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await waitUntil(async () => isIdle(), graceMs - (Date.now() - begun))
  cut()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs === 0 ? 0 : 1000)
  await closed
  clearTimeout(timer)
}

async function waitUntil(condition: () => Promise<boolean>, ms: number): Promise<void> {
  const end = Date.now() + ms
  while (Date.now() < end && !(await condition())) await sleep(20)
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
}
