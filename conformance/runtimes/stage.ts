import { makeScenario, type Scenario } from '../adapter/scenario.ts'
import type { Order } from '../projects/stage.ts'

type Handler = (request: Request, ...platform: readonly unknown[]) => Response | Promise<Response>

export interface Staged {
  /**
   * Takes orders, on a separate port. A POST names the scenario to play. A GET returns its journal.
   */
  readonly takeOrder: (request: Request) => Promise<Response>
  /** The application. The runtime answers if it throws. */
  readonly answer: Handler
}

/**
 * Makes an application that plays one scenario after the other. `makeHandler` makes the handler of
 * a scenario.
 */
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
