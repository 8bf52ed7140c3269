import { twilioWebhook } from 'tollgate/h3'
import { currentScenario } from 'tollgate-conformance'

const guards = new WeakMap()

/** The guards of the scenario that is played now, made once. SHAPE says where the application has them. */
export function guardsAt(shape) {
  if (process.env.SHAPE !== shape) return []
  const scenario = currentScenario()
  if (!guards.has(scenario))
    guards.set(
      scenario,
      [scenario.options, ...(scenario.stacked ? [scenario.options] : [])].map((options) => twilioWebhook(options)),
    )
  return guards.get(scenario)
}
