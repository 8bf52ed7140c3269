import type { Framework } from '../adapter/framework.ts'
import type { Journal } from '../adapter/scenario.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { runReported, type SuiteReports } from './run-reported.ts'
import { turnedAwaySuite } from './turned-away.ts'

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

/** Runs the suite of adapters against the fetch adapter in another runtime. */
export async function runRemoteFetch(
  name: string,
  ports: Ports,
  exceptions: Framework['exceptions'],
): Promise<SuiteReports> {
  const framework = makeRemoteFetch(name, ports, exceptions)
  const suites = adapterSuites(framework, [...socketAttackSuites(framework), turnedAwaySuite(framework)])
  return { 'fetch adapter': await runReported(suites, exceptions) }
}

/** Its server plays one scenario after the other. */
function makeRemoteFetch(name: string, { port, orders }: Ports, exceptions: Framework['exceptions']): Framework {
  const url = `http://127.0.0.1:${orders}/`
  return {
    name: `fetch, ${name}`,
    async start({ id }) {
      await order(url, { method: 'POST', body: id })
      return { port, close: async () => undefined, journal: () => order(url) }
    },
    paths: false,
    mounts: false,
    stacks: false,
    appBody: false,
    parsersBefore: {},
    parsersAfter: [],
    exceptions,
  }
}

async function order(url: string, init?: RequestInit): Promise<Journal> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`the runtime took no order: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Journal
}
