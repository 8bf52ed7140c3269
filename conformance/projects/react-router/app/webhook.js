import { twilioWebhook } from 'tollgate/react-router'
import { currentScenario, isRouted } from 'tollgate-conformance'
import { routed } from './routed.js'

const endpoints = new WeakMap()

const other = routed('/*')

export function action(args) {
  if (isRouted) return other(args)
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
