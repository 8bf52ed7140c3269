import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleEntries, bundleForPlatform } from '../runtimes/bundle.ts'
import { denoArguments, programs, project } from '../runtimes/project.ts'
import { startProgram } from '../runtimes/run-program.ts'
import { startWorkerd } from '../runtimes/workerd.ts'
import type { AppPorts } from './runtime-ports.ts'
import type { RoutedServer } from './server.ts'
import { type WebApp, webApps } from './web-apps.ts'

export interface RuntimeServers {
  readonly servers: readonly RoutedServer[]
  stop(): Promise<void>
}

/** Starts Bun, Deno or workerd with all applications that it can run. */
export const runtimes: Readonly<Record<string, () => Promise<RuntimeServers>>> = {
  Bun: () => startRuntime('Bun', programs.bun(), [], 'routed-bun'),
  Deno: () => startRuntime('Deno', programs.deno(), denoArguments, 'routed-deno'),
  workerd: startWorker,
}

async function startRuntime(
  name: string,
  binary: string,
  args: readonly string[],
  entry: string,
): Promise<RuntimeServers> {
  await bundleEntries([entry])
  const program = startProgram(binary, [...args, `dist/${entry}.mjs`])
  try {
    return { servers: listServers(name, await program.readLine<Ports>()), stop: program.stop }
  } catch (error) {
    await program.stop()
    throw error
  }
}

export function nameOnRuntime({ name }: WebApp, runtime: string): string {
  return `${name}, on ${runtime}`
}

type Ports = Readonly<Record<string, AppPorts>>

function listServers(runtime: string, ports: Ports): readonly RoutedServer[] {
  return webApps.flatMap((app) => {
    const own = ports[app.name]
    if (own === undefined) return []
    const start: RoutedServer['start'] = async (options) => ({
      port: options ? own.guarded : own.bare,
      close: async () => undefined,
    })
    return [{ name: nameOnRuntime(app, runtime), guards: app.guards, start }]
  })
}

/** Gives every application a socket of its own, and so an entry point of its own. */
async function startWorker(): Promise<RuntimeServers> {
  await bundleEntries(['routed-worker'])
  const names = webApps.map(({ name }) => name).filter((name) => name !== 'elysia 1.4')
  const kinds = ['guarded', 'bare'] as const
  const sockets = names.flatMap((name, index) => kinds.map((kind) => ({ name, kind, entry: `${kind}${index}` })))
  const lines = sockets.map(({ name, kind, entry }) => `export const ${entry} = apps[${JSON.stringify(name)}].${kind}`)
  const imports = `import { apps } from './routed-worker.mjs'\nexport default { fetch: () => new Response() }\n`
  // The runtime asks each entry point for its own properties only.
  writeFileSync(join(project, 'dist/routed-sockets.mjs'), `${imports}${lines.join('\n')}\n`)
  const { file } = await bundleForPlatform('routed-sockets', 'workerd')
  const { ports, stop } = await startWorkerd(
    file,
    sockets.map(({ entry }) => entry),
    [],
  )
  const own = names.map((name, index): [string, AppPorts] => [
    name,
    { guarded: ports[`guarded${index}`] ?? 0, bare: ports[`bare${index}`] ?? 0 },
  ])
  return { servers: listServers('workerd', Object.fromEntries(own)), stop }
}
