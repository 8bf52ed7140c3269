import { twilioWebhook } from 'tollgate/astro'
import { currentScenario } from 'tollgate-conformance'

const endpoints = new WeakMap()

export function ALL(context) {
  const scenario = currentScenario()
  if (!endpoints.has(scenario)) endpoints.set(scenario, twilioWebhook(scenario.options, answer(scenario)))
  return endpoints.get(scenario)(context)
}

function answer(scenario) {
  return async (webhook) => {
    const { status, headers, body } = await scenario.handle(webhook)
    return new Response(body || null, { status, headers })
  }
}
