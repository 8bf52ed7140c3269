import { twilioWebhook } from 'tollgate/h3'
import { currentScenario, isGuarded, isRouted, routedOptions } from 'tollgate-conformance'

const guards = new WeakMap()
const routedGuards = isGuarded ? [twilioWebhook(routedOptions)] : []

/**
 * Returns the guards of the current scenario. They are made once. SHAPE tells where the application
 * has them.
 */
export function guardsAt(shape) {
  if (process.env.SHAPE !== shape) return []
  if (isRouted) return routedGuards
  const scenario = currentScenario()
  if (!guards.has(scenario))
    guards.set(
      scenario,
      [scenario.options, ...(scenario.stacked ? [scenario.options] : [])].map((options) => twilioWebhook(options)),
    )
  return guards.get(scenario)
}
