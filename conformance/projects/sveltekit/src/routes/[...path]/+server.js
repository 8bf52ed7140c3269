import { twilioWebhook } from 'tollgate/sveltekit'
import { currentScenario, isRouted } from 'tollgate-conformance'
import { routed } from '../../routed.js'

// A redirect would be wrong for Twilio: its signature covers the path as it was.
export const trailingSlash = 'ignore'

const endpoints = new WeakMap()

const other = routed('/*')

export function fallback(event) {
  if (isRouted) return other(event)
  const scenario = currentScenario()
  if (!endpoints.has(scenario)) endpoints.set(scenario, twilioWebhook(scenario.options, answer(scenario)))
  return endpoints.get(scenario)(event)
}

function answer(scenario) {
  return async (webhook) => {
    const { status, headers, body } = await scenario.handle(webhook)
    return new Response(body || null, { status, headers })
  }
}
