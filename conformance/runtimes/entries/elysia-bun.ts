import { Elysia } from 'elysia'
import type { Scenario } from '../../adapter/scenario.ts'
import { addScenario } from '../../frameworks/elysia-app.ts'
import { announce, serveWithBun } from '../serve-with-bun.ts'
import { readScenario } from '../stage.ts'

let scenario: Scenario | undefined
let stop: (() => Promise<unknown>) | undefined

/**
 * Starts the app of a scenario, which listens on its own port. The answer to the order has the
 * port.
 */
async function takeOrder(request: Request): Promise<Response> {
  if (request.method !== 'POST') return Response.json(scenario?.journal ?? {})
  await stop?.()
  scenario = await readScenario(request)
  const app = new Elysia()
  addScenario(scenario, app)
  app.listen({ hostname: '127.0.0.1', port: 0, development: false })
  stop = () => app.stop(true)
  return Response.json({ port: app.server?.port })
}

await announce({ port: 0, orders: serveWithBun(takeOrder) })
