import type { Framework } from '../adapter/framework.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { type Ports, playRemote } from './play-remote.ts'
import { runReported, type SuiteReports } from './run-reported.ts'
import { turnedAwaySuite } from './turned-away.ts'

/** Runs the adapter suite for the fetch adapter in another runtime. */
export async function runRemoteFetch(
  name: string,
  ports: Ports,
  exceptions: Framework['exceptions'],
): Promise<SuiteReports> {
  const framework = makeRemoteFetch(name, ports, exceptions)
  const suites = adapterSuites(framework, [...socketAttackSuites(framework), turnedAwaySuite(framework)])
  return { 'fetch adapter': await runReported(suites, exceptions) }
}

function makeRemoteFetch(name: string, ports: Ports, exceptions: Framework['exceptions']): Framework {
  return {
    name: `fetch, ${name}`,
    start: (scenario) => playRemote(ports, scenario),
    webSocket: true,
    address: 'url',
    exceptions,
  }
}
