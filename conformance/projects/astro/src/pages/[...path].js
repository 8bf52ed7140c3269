import { twilioWebhook } from 'tollgate/astro'
import { currentScenario, isRouted } from 'tollgate-conformance'
import { routed } from '../routed.js'

const endpoints = new WeakMap()

const other = routed('/*')

export function ALL(context) {
  if (isRouted) return other(context)
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
