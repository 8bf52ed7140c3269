import { twilioWebhook } from 'tollgate/fetch'
import { makeScenario, type Scenario, type ScenarioId } from '../adapter/scenario.ts'

type Handler = (request: Request, platform?: unknown) => Promise<Response>

let scenario: Scenario | undefined
let handler: Handler | undefined

/** A POST names the scenario to play from now on; a GET asks what it has noted. It has a port of its own. */
export async function takeOrder(request: Request): Promise<Response> {
  if (request.method === 'POST') {
    scenario = makeScenario((await request.text()) as ScenarioId)
    handler = makeHandler(scenario)
  }
  return Response.json(scenario?.journal ?? {})
}

function makeHandler({ options, handle }: Scenario): Handler {
  return twilioWebhook(options, async (webhook, _request: Request, _platform: unknown) => {
    const { status, headers, body } = await handle(webhook)
    return new Response(body || null, { status, headers })
  })
}

/** A fetch handler as an application has it. What it throws is answered by the runtime. */
export const answer: Handler = (request, platform) =>
  handler === undefined ? Promise.resolve(new Response('no scenario yet', { status: 404 })) : handler(request, platform)
