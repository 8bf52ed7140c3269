import { currentScenario } from 'tollgate-conformance'

/** Returns a handler that makes one handler for each scenario that the test starts. */
export function player(make) {
  const made = new WeakMap()
  return (...args) => {
    const scenario = currentScenario()
    if (!made.has(scenario)) made.set(scenario, make(scenario))
    return made.get(scenario)(...args)
  }
}
