import { makeScenario, type Scenario, type ScenarioId } from '../adapter/scenario.ts'

export { isGuarded, isRouted, makeRouted, routedOptions } from './routed.ts'
export { makeScenario }

/** An order from a test to the server that it started. */
export interface Order {
  readonly id: ScenarioId
  readonly before?: string
  readonly after?: string
}

interface Stage {
  readonly order: Order
  scenario?: Scenario
}

// It is on the global object, because a framework may bundle this module more than once.
const key = Symbol.for('tollgate.conformance.stage')
const global = globalThis as { [key]?: Stage }

/**
 * Returns the scenario that the server plays now, made by the copy of the library that the caller
 * uses.
 */
export function currentScenario(): Scenario {
  const stage = global[key]
  if (stage === undefined) throw new Error('no scenario was ordered')
  const { id, ...parsers } = stage.order
  stage.scenario ??= makeScenario(id, parsers)
  return stage.scenario
}

// The module that plays the scenario makes it, at its first request.
const blank: Scenario['journal'] = { handlerRuns: 0, verdicts: [], reservations: 0, confirmations: 0, releases: 0 }

/** Follows the orders of the test, and answers with the journal of the scenario. */
export function followOrders(): void {
  process.on('message', (message: Order | 'journal') => {
    if (message === 'journal') return process.send?.({ journal: global[key]?.scenario?.journal ?? blank })
    global[key] = { order: message }
    return process.send?.('ready')
  })
  process.on('disconnect', () => process.exit())
}
