import { makeScenario, type Scenario, type ScenarioId } from '../adapter/scenario.ts'

export { makeScenario }

/** What a test tells the server that it has started. */
export interface Order {
  readonly id: ScenarioId
  readonly before?: string
  readonly after?: string
}

interface Stage {
  readonly order: Order
  scenario?: Scenario
}

// On the global object, since a framework may bundle this module, and more than once.
const key = Symbol.for('tollgate.conformance.stage')
const global = globalThis as { [key]?: Stage }

/** In a server that a test has started: the scenario that it is to play now, made by the copy of the library beside the caller. */
export function currentScenario(): Scenario {
  const stage = global[key]
  if (stage === undefined) throw new Error('no scenario was ordered')
  const { id, ...parsers } = stage.order
  stage.scenario ??= makeScenario(id, parsers)
  return stage.scenario
}

// Before the first request: the scenario is made by whoever plays it, not here.
const blank: Scenario['journal'] = { handlerRuns: 0, verdicts: [], reservations: 0, releases: 0 }

/** Takes the orders of the test, and tells it what the scenario has noted. */
export function followOrders(): void {
  process.on('message', (message: Order | 'journal') => {
    if (message === 'journal') return process.send?.({ journal: global[key]?.scenario?.journal ?? blank })
    global[key] = { order: message }
    return process.send?.('ready')
  })
  process.on('disconnect', () => process.exit())
}
