import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleEntries, bundleForPlatform } from '../runtimes/bundle.ts'
import { denoArguments, programs, project } from '../runtimes/project.ts'
import { startProgram } from '../runtimes/run-program.ts'
import { startWorkerd } from '../runtimes/workerd.ts'
import { type AppPorts, nodeApps } from './apps-on-runtimes.ts'
import type { RoutedServer } from './server.ts'
import { bunApps, denoApps, webApps } from './web-apps.ts'

interface Runtime {
  readonly name: string
  /** The names of the servers, without the runtime. */
  readonly apps: readonly Omit<RoutedServer, 'start'>[]
  start(): Promise<{ readonly ports: Readonly<Record<string, AppPorts>>; stop(): Promise<void> }>
}

export const runtimes: readonly Runtime[] = [
  {
    name: 'Bun',
    apps: [...bunApps, ...nodeApps],
    start: () => startRuntime(programs.bun(), [], 'serve-bun.ts'),
  },
  {
    name: 'Deno',
    // An absolute target ends this process before any guard: Deno refuses the way in which
    // Fastify's router calls `URL.parse`.
    apps: [...denoApps, ...nodeApps].filter(({ name }) => !/^fastify.*HTTP\/2/.test(name)),
    start: () => startRuntime(programs.deno(), denoArguments, 'serve-deno.ts'),
  },
  // Workers must not compile code, which Elysia does otherwise.
  { name: 'workerd', apps: webApps, start: startWorker },
]

export interface RuntimeServers {
  readonly servers: readonly RoutedServer[]
  stop(): Promise<void>
}

/** Starts a runtime with all applications that it can run and whose names are chosen. */
export async function startServers(runtime: Runtime, isChosen: (name: string) => boolean): Promise<RuntimeServers> {
  const { ports, stop } = await runtime.start()
  const servers = runtime.apps.map((app): RoutedServer => {
    const { guarded = 0, bare = 0 }: Partial<AppPorts> = ports[app.name] ?? {}
    const close = async (): Promise<void> => undefined
    return {
      ...app,
      name: nameOn(runtime, app),
      start: async (options) => ({ port: options ? guarded : bare, close }),
    }
  })
  return { servers: servers.filter(({ name }) => isChosen(name)), stop }
}

export function nameOn(runtime: Pick<Runtime, 'name'>, app: Pick<RoutedServer, 'name'>): string {
  return `${app.name}, on ${runtime.name}`
}

async function startRuntime(binary: string, args: readonly string[], file: string): ReturnType<Runtime['start']> {
  const program = startProgram(binary, [...args, fileURLToPath(new URL(file, import.meta.url))])
  try {
    return { ports: await program.readLine(), stop: program.stop }
  } catch (error) {
    await program.stop()
    throw error
  }
}

/** Gives every application a socket of its own, and so an entry point of its own. */
async function startWorker(): ReturnType<Runtime['start']> {
  await bundleEntries(['routed-worker'])
  const entries = webApps.flatMap(({ name }, index) =>
    (['guarded', 'bare'] as const).map((kind) => ({ name, kind, entry: `${kind}${index}` })),
  )
  const lines = entries.map(({ name, kind, entry }) => `export const ${entry} = apps[${JSON.stringify(name)}].${kind}`)
  const first = `import { apps } from './routed-worker.mjs'\nexport default { fetch: () => new Response() }`
  writeFileSync(join(project, 'dist/routed-sockets.mjs'), `${[first, ...lines].join('\n')}\n`)
  const { file } = await bundleForPlatform('routed-sockets', 'workerd')
  const names = entries.map(({ entry }) => entry)
  const { ports, stop } = await startWorkerd(file, names, [])
  const own = webApps.map(({ name }, index): [string, AppPorts] => [
    name,
    { guarded: ports[`guarded${index}`] ?? 0, bare: ports[`bare${index}`] ?? 0 },
  ])
  return { ports: Object.fromEntries(own), stop }
}
