import type { Running } from '../adapter/framework.ts'
import type { Journal, Scenario } from '../adapter/scenario.ts'
import type { Order } from '../projects/stage.ts'

/** The ports on which a runtime serves the application and takes orders. */
export interface Ports {
  readonly port: number
  readonly orders: number
}

/** The line that a server prints when it listens. */
export interface Serving extends Ports {
  readonly version: string
  readonly provider: string
}

/** Makes the application in another runtime play a scenario. It plays one after the other. */
export async function playRemote({ port, orders }: Ports, { id, before, after }: Scenario): Promise<Running> {
  const url = `http://127.0.0.1:${orders}/`
  const order: Order = { id, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
  // If each scenario is a separate server, the answer has its port.
  const played = await ask<{ readonly port?: number }>(url, { method: 'POST', body: JSON.stringify(order) })
  return { port: played.port ?? port, close: async () => undefined, journal: () => ask<Journal>(url) }
}

async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`the runtime refused the order: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
