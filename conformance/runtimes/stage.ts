import { makeScenario, type Scenario } from '../adapter/scenario.ts'
import type { Order } from '../projects/stage.ts'

export type Handler = (request: Request, ...platform: readonly unknown[]) => Response | Promise<Response>

export interface Staged {
  /** A POST names the scenario to play from now on; a GET asks what it has noted. It has a port of its own. */
  readonly takeOrder: (request: Request) => Promise<Response>
  /** The application. What it throws is answered by the runtime. */
  readonly answer: Handler
}

/** An application that plays one scenario after the other: `makeHandler` makes the one of a scenario. */
export function stage(makeHandler: (scenario: Scenario) => Handler): Staged {
  let scenario: Scenario | undefined
  let handler: Handler = () => new Response('no scenario yet', { status: 404 })
  return {
    async takeOrder(request) {
      if (request.method === 'POST') {
        scenario = await readScenario(request)
        handler = makeHandler(scenario)
      }
      return Response.json(scenario?.journal ?? {})
    },
    answer: (request, ...platform) => handler(request, ...platform),
  }
}

export async function readScenario(order: Request): Promise<Scenario> {
  const { id, ...parsers } = (await order.json()) as Order
  return makeScenario(id, parsers)
}
