import type { Running } from '../adapter/framework.ts'
import type { Journal, Scenario } from '../adapter/scenario.ts'
import type { Order } from '../projects/stage.ts'

/** Where a runtime serves the application, and where it takes orders. */
export interface Ports {
  readonly port: number
  readonly orders: number
}

/** What a server prints once it listens. */
export interface Serving extends Ports {
  readonly version: string
  readonly provider: string
}

/** Has the application in another runtime play a scenario from now on: one after the other. */
export async function playRemote({ port, orders }: Ports, { id, before, after }: Scenario): Promise<Running> {
  const url = `http://127.0.0.1:${orders}/`
  const order: Order = { id, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
  // Where each scenario is a server of its own, the answer says at which port.
  const played = await ask<{ readonly port?: number }>(url, { method: 'POST', body: JSON.stringify(order) })
  return { port: played.port ?? port, close: async () => undefined, journal: () => ask<Journal>(url) }
}

async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`the runtime took no order: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
