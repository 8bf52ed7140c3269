import { twilioWebhook } from 'tollgate/react-router'
import { currentScenario } from 'tollgate-conformance'

const endpoints = new WeakMap()

export function action(args) {
  const scenario = currentScenario()
  if (!endpoints.has(scenario)) endpoints.set(scenario, twilioWebhook(scenario.options, answer(scenario)))
  return endpoints.get(scenario)(args)
}

export const loader = action

function answer(scenario) {
  return async (webhook) => {
    const { status, headers, body } = await scenario.handle(webhook)
    return new Response(body || null, { status, headers })
  }
}
