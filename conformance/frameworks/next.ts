import { join } from 'node:path'
import type { Framework } from '../adapter/framework.ts'
import { buildApp } from '../projects/build-app.ts'
import { type RemoteServer, startRemote } from '../projects/remote.ts'

export const versions = ['15', '16'] as const
type Version = (typeof versions)[number]

/** `pages` rewrites every path to an API route, `prefixed` has a basePath and trailing slashes. */
type Shape = 'app' | 'pages' | 'prefixed'

/** Builds conformance/projects/next, unless it is built, and runs `next start`. */
export function startNext(
  version: Version,
  shape: Shape,
  env: Readonly<Record<string, string>> = {},
): Promise<RemoteServer> {
  const directory = buildApp({
    project: `next${version}`,
    node: process.execPath,
    command: ['next/dist/bin/next', 'build'],
    env: { SHAPE: shape, NEXT_TELEMETRY_DISABLED: '1' },
    sources: 'conformance/projects/next',
    as: shape,
  })
  const script = join(directory, '../../node_modules/next/dist/bin/next')
  return startRemote({
    directory,
    script,
    args: (port) => ['start', '--port', String(port), '--hostname', '127.0.0.1'],
    env: { NEXT_TELEMETRY_DISABLED: '1', SHAPE: shape, ...env },
  })
}

const respelled = 'Next re-encodes the query, and groups the values of a name, before any handler runs'
const upgrades = 'Next handles upgrade requests itself'
const redirected = 'Next redirects repeated and trailing slashes with 308'
const forwarded = 'Next sets X-Forwarded-Host, -Port and -Proto itself, so they say nothing about a proxy'

const everywhere = {
  'a GET': respelled,
  'an empty query': respelled,
  'A8 an altered query': respelled,
  'C4 no downgrade by upgrade headers': upgrades,
  'D1 an ordinary GET with upgrade headers is counted': upgrades,
  'E7 the signature of a handshake does not run an ordinary handler': upgrades,
  'repeated slashes in the path': redirected,
  'A4 an absolute target': redirected,
  'A6 a signature for another path': redirected,
  'fromRequest without a proxy': forwarded,
  'a trusted proxy': forwarded,
  'a proxy that is not trusted': forwarded,
  'A2 a prefix from a trusted proxy': forwarded,
  'E2 the server survives hostile targets and bytes': 'Next itself answers 500 to the target *',
}
const appRouter = {
  'a GET with a body': 'Next drops the body of a GET, because a web Request cannot have it',
  'B1 a signature of a GET on other methods': 'Next itself answers 500 to TRACE, because a Request cannot be one',
  'Forwarded from a trusted proxy': 'the App Router does not provide the address of the peer',
}

/** Makes a framework for which one server plays all scenarios, one after the other. */
export function makeNextFramework(version: Version, shape: 'app' | 'pages', server: () => RemoteServer): Framework {
  return {
    name: `next ${version}, ${shape === 'app' ? 'App Router' : 'Pages Router'}`,
    start: (scenario) => server().play(scenario),
    exceptions: shape === 'app' ? { ...everywhere, ...appRouter } : everywhere,
  }
}
